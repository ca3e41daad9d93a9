import { UserError } from './errors.ts';
import { usersOver } from './load-segments.ts';
import { formatCount, formatMs, type Slo } from './slo.ts';
import { tokensIn } from './placeholders.ts';
import type { UserName } from './service.ts';
import type { ForeignScript, LoadSettings } from './target.ts';

/** Requests and payments of one iteration of a scenario; the scenario itself is a script in load/scenarios/. */
export interface ScenarioShape {
  readonly share: number;
  readonly requests: number;
  readonly payments: number;
}

/** `to` and `start` are multiples of the profile's rate. */
export interface LoadProfile {
  readonly title: string;
  /** HTTP requests a second. */
  readonly rate: number;
  readonly start: number;
  readonly stages: readonly { readonly to: number; readonly overMs: number }[];
  readonly stopOnBreach: boolean;
}

export interface LoadProfiles {
  /** Users of the target file that log in before a load. */
  readonly users: readonly UserName[];
  readonly patienceMs: number;
  readonly mix: Readonly<Record<string, ScenarioShape>>;
  readonly profiles: Readonly<Record<string, LoadProfile>>;
}

/** The arrivals of one scenario; load/options.ts turns them into k6's options. */
export interface PlannedScenario {
  readonly name: string;
  /** Virtual users, all allocated before the start. */
  readonly users: number;
  /** Iterations a minute: whole numbers, fine enough for a rare scenario. */
  readonly startPerMinute: number;
  readonly stages: readonly { readonly perMinute: number; readonly durationMs: number }[];
}

export interface LoadPlan {
  readonly profile: string;
  /** Users of the target file that log in before it. */
  readonly logIns: readonly UserName[];
  readonly title: string;
  readonly durationMs: number;
  readonly peakRequestsPerSecond: number;
  readonly expectedRequests: number;
  readonly expectedPayments: number;
  readonly stopOnBreach: boolean;
  readonly scenarios: readonly PlannedScenario[];
  /** k6 processes that send it together, each one segment of it; absent: one k6 without segments. */
  readonly runners?: number;
}

export interface LoadOptions {
  readonly profile: string;
  /** HTTP requests a second, instead of the profile's own rate. */
  readonly rate?: number;
  /** Length of the whole load, instead of the sum of the profile's stages. */
  readonly durationMs?: number;
  /** Of an engine that runs several k6. */
  readonly runners?: number;
}

/** More virtual users than this are a mistyped rate rather than a plan for one machine. */
const mostUsers = 5000;

/** The profiles for a target: its own script is one scenario, of which only what the target file states is known. */
export function profilesFor(profiles: LoadProfiles, { script }: Pick<LoadSettings, 'script'>): LoadProfiles {
  if (!script) return profiles;
  const { path, variables, iteration } = script;
  return {
    ...profiles,
    users: tokensIn(Object.values(variables)),
    patienceMs: iteration.timeMs ?? profiles.patienceMs,
    mix: { [path]: { share: 1, requests: iteration.requests, payments: 0 } },
  };
}

/**
 * The load as planned, before anything is sent. Rates in HTTP requests a second, durations in ms. Throws UserError for an
 * unknown profile, for a plan with more than 5 000 virtual users a runner, and for runners of a profile that stops at a crossed
 * threshold, which none of them knows of.
 */
export function planLoad(
  { users: logIns, mix, patienceMs, profiles }: LoadProfiles,
  { profile: name, rate, durationMs, runners }: LoadOptions,
): LoadPlan {
  const profile = profiles[name];
  if (!profile) {
    const known = Object.keys(profiles).map((each) => `--profile ${each}`);
    throw new UserError(`--profile: there is no load profile "${name}" in config/load-profiles.yaml`, known);
  }
  if (runners !== undefined && profile.stopOnBreach) throw stopsAtOnce(name);
  const ownMs = profile.stages.reduce((sum, stage) => sum + stage.overMs, 0);
  const stretch = (durationMs ?? ownMs) / ownMs;
  const stages = profile.stages.map(({ to, overMs }) => ({ to, overMs: Math.round(overMs * stretch) }));
  const requestRate = rate ?? profile.rate;
  const shapes = Object.entries(mix);
  const shares = sumOf(shapes, ([, shape]) => shape.share);
  const iterationsPerSecond = requestRate / sumOf(shapes, ([, shape]) => (shape.share / shares) * shape.requests);
  const peak = Math.max(profile.start, ...stages.map(({ to }) => to));

  const scenarios = shapes.map(([scenario, shape]): PlannedScenario => {
    const perSecond = (iterationsPerSecond * shape.share) / shares;
    const perMinute = (times: number) => (times === 0 ? 0 : Math.max(1, Math.round(perSecond * times * 60)));
    return {
      name: scenario,
      // Little's law: arrivals a second times the seconds of each. One more for the arrival in between.
      users: usersOver(Math.ceil((perSecond * peak * patienceMs) / 1000), runners ?? 1),
      startPerMinute: perMinute(profile.start),
      stages: stages.map(({ to, overMs }) => ({ perMinute: perMinute(to), durationMs: overMs })),
    };
  });
  const users = sumOf(scenarios, (scenario) => scenario.users);
  const most = mostUsers * (runners ?? 1);
  if (users > most) {
    throw new UserError(`The plan needs ${formatCount(users)} virtual users; the maximum is ${formatCount(most)}.`, [
      '--rate 60',
    ]);
  }
  const iterations = scenarios.map((scenario) => ({ shape: mix[scenario.name], count: arrivalsOf(scenario) }));
  return {
    profile: name,
    logIns,
    title: profile.title,
    durationMs: sumOf(stages, ({ overMs }) => overMs),
    peakRequestsPerSecond: Math.round(requestRate * peak),
    expectedRequests: Math.floor(sumOf(iterations, ({ shape, count }) => count * (shape?.requests ?? 0))),
    expectedPayments: Math.floor(sumOf(iterations, ({ shape, count }) => count * (shape?.payments ?? 0))),
    stopOnBreach: profile.stopOnBreach,
    scenarios,
    ...(runners === undefined ? {} : { runners }),
  };
}

const stopsAtOnce = (profile: string): UserError =>
  new UserError(
    `The profile "${profile}" stops at the first crossed threshold, which several runners cannot know of: each counts its part only.`,
    ['--profile baseline', 'load: { engine: { driver: k6 } }   in the target file: one k6 on this machine'],
  );

/** The plan of one scenario as that of several: each has an equal part of the arrivals. */
export function splitPlan(plan: LoadPlan, names: readonly string[]): LoadPlan {
  const [whole] = plan.scenarios;
  const part = (perMinute: number) => (perMinute === 0 ? 0 : Math.max(1, Math.round(perMinute / names.length)));
  const scenarios = names.map((name) => ({
    name,
    users: Math.ceil(((whole?.users ?? 1) - 1) / names.length) + 1,
    startPerMinute: part(whole?.startPerMinute ?? 0),
    stages: (whole?.stages ?? []).map(({ perMinute, durationMs }) => ({ perMinute: part(perMinute), durationMs })),
  }));
  return { ...plan, scenarios };
}

/** Iterations that a scenario starts: the area under its stages. */
function arrivalsOf({ startPerMinute, stages }: PlannedScenario): number {
  const from = [startPerMinute, ...stages.map(({ perMinute }) => perMinute)];
  return sumOf(
    stages,
    ({ perMinute, durationMs }, index) => (((from[index] ?? 0) + perMinute) / 2) * (durationMs / 60_000),
  );
}

const sumOf = <T>(items: readonly T[], value: (item: T, index: number) => number): number =>
  items.reduce((sum, item, index) => sum + value(item, index), 0);

/** What the load generator did. */
export interface AppliedLoad {
  /** Iterations that were started or dropped. */
  readonly arrivals: number;
  /** Milliseconds during which arrivals were due. */
  readonly durationMs: number;
}

/** Part of the plan by which arrivals and duration may differ: scheduling of a busy machine, rounding of short loads. */
const tolerance = 0.05;
const durationTolerance = 0.1;
const durationSlackMs = 1000;

/**
 * How the applied load differs from the plan beyond the tolerance (arrivals 5 % and one for each scenario, duration 10 % and
 * 1 s), one line each. A plan that stops at a crossed threshold may be shorter. `part` of the arrivals, in (0, 1]: one runner's.
 */
export function deviationsFrom(plan: LoadPlan, { arrivals, durationMs }: AppliedLoad, part = 1): string[] {
  const planned = Math.round(sumOf(plan.scenarios, arrivalsOf) * part);
  const deviations: string[] = [];
  const isOff = (applied: number, wanted: number, allowed: number) =>
    applied > wanted + allowed || (!plan.stopOnBreach && applied < wanted - allowed);
  if (isOff(arrivals, planned, planned * tolerance + plan.scenarios.length))
    deviations.push(`${formatCount(arrivals)} iterations arrived, ${formatCount(planned)} were planned`);
  if (isOff(durationMs, plan.durationMs, plan.durationMs * durationTolerance + durationSlackMs))
    deviations.push(`the load took ${formatMs(durationMs)}, ${formatMs(plan.durationMs)} were planned`);
  return deviations;
}

/**
 * The plan as text, one line, and one line for each objective that needs more samples than the plan sends. Of a script that keeps
 * its own options only that is known, and of the payments of a script nothing.
 */
export function describePlan(plan: LoadPlan, slos: readonly Slo[], script?: ForeignScript): string[] {
  if (script?.options === 'kept') return [`load: ${script.path} with its own options`];
  const { profile, title, peakRequestsPerSecond, expectedRequests, expectedPayments, durationMs, stopOnBreach } = plan;
  const counted = slos.filter(({ event }) => event.kind !== 'failed-payment' || script === undefined);
  const payments = counted.some(({ event }) => event.kind === 'failed-payment');
  const amount = `about ${formatCount(expectedRequests)} in total${payments ? `, of which ${formatCount(expectedPayments)} payments` : ''}`;
  const end = stopOnBreach ? ', or until a threshold is crossed' : '';
  const summary = `load "${profile}" (${title}): up to ${formatCount(peakRequestsPerSecond)} requests/s, ${amount}, for ${formatMs(durationMs)}${end}`;
  const expected = (slo: Slo) => (slo.event.kind === 'failed-payment' ? expectedPayments : expectedRequests);
  const tooFew = counted.filter((slo) => expected(slo) < slo.minSamples);
  return [
    summary,
    ...tooFew.map(
      (slo) =>
        `too few samples for "${slo.title}": about ${formatCount(expected(slo))} planned, ${formatCount(slo.minSamples)} required`,
    ),
  ];
}
