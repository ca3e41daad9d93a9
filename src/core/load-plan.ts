import { UserError } from './errors.ts';
import { formatCount, formatMs, type Slo } from './slo.ts';

/** What one visitor of a scenario does; the scenario itself is a script in load/scenarios/. */
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
  readonly patienceMs: number;
  readonly mix: Readonly<Record<string, ScenarioShape>>;
  readonly profiles: Readonly<Record<string, LoadProfile>>;
}

/** The arrivals of one scenario; k6's options are made of it in load/options.ts. */
export interface PlannedScenario {
  readonly name: string;
  /** Virtual users, all of them made before the start. */
  readonly users: number;
  /** Iterations a minute: whole numbers, and yet fine enough for a rare visitor. */
  readonly startPerMinute: number;
  readonly stages: readonly { readonly perMinute: number; readonly durationMs: number }[];
}

export interface LoadPlan {
  readonly profile: string;
  readonly title: string;
  readonly durationMs: number;
  readonly peakRequestsPerSecond: number;
  readonly expectedRequests: number;
  readonly expectedPayments: number;
  readonly stopOnBreach: boolean;
  readonly scenarios: readonly PlannedScenario[];
}

export interface LoadOptions {
  readonly profile: string;
  /** HTTP requests a second, in the place of the profile's own. */
  readonly rate?: number;
  /** The whole load, in the place of the sum of the profile's stages. */
  readonly durationMs?: number;
}

/** More virtual users than this are a typing error rather than a plan for one machine. */
const mostUsers = 5000;

/** What a load will send, before anything is sent. Throws UserError for an unknown profile and for a plan beyond reason. */
export function planLoad(
  { mix, patienceMs, profiles }: LoadProfiles,
  { profile: name, rate, durationMs }: LoadOptions,
): LoadPlan {
  const profile = profiles[name];
  if (!profile) {
    const known = Object.keys(profiles).map((each) => `--profile ${each}`);
    throw new UserError(`There is no load profile "${name}".`, known);
  }
  const ownMs = profile.stages.reduce((sum, stage) => sum + stage.overMs, 0);
  const stretch = (durationMs ?? ownMs) / ownMs;
  const stages = profile.stages.map(({ to, overMs }) => ({ to, overMs: Math.round(overMs * stretch) }));
  const requestRate = rate ?? profile.rate;
  const shapes = Object.entries(mix);
  const shares = sumOf(shapes, ([, shape]) => shape.share);
  const visitorsPerSecond = requestRate / sumOf(shapes, ([, shape]) => (shape.share / shares) * shape.requests);
  const peak = Math.max(profile.start, ...stages.map(({ to }) => to));

  const scenarios = shapes.map(([scenario, shape]): PlannedScenario => {
    const perSecond = (visitorsPerSecond * shape.share) / shares;
    const perMinute = (times: number) => (times === 0 ? 0 : Math.max(1, Math.round(perSecond * times * 60)));
    return {
      name: scenario,
      // Little's law: arrivals a second times the seconds that each stays. One more for the arrival that comes in between.
      users: Math.ceil((perSecond * peak * patienceMs) / 1000) + 1,
      startPerMinute: perMinute(profile.start),
      stages: stages.map(({ to, overMs }) => ({ perMinute: perMinute(to), durationMs: overMs })),
    };
  });
  const users = sumOf(scenarios, (scenario) => scenario.users);
  if (users > mostUsers) {
    throw new UserError(
      `${formatCount(users)} virtual users would be needed, and ${formatCount(mostUsers)} are the most.`,
      ['--rate 60'],
    );
  }
  const visits = scenarios.map((scenario) => ({ shape: mix[scenario.name], count: arrivals(scenario) }));
  return {
    profile: name,
    title: profile.title,
    durationMs: sumOf(stages, ({ overMs }) => overMs),
    peakRequestsPerSecond: Math.round(requestRate * peak),
    expectedRequests: Math.floor(sumOf(visits, ({ shape, count }) => count * (shape?.requests ?? 0))),
    expectedPayments: Math.floor(sumOf(visits, ({ shape, count }) => count * (shape?.payments ?? 0))),
    stopOnBreach: profile.stopOnBreach,
    scenarios,
  };
}

/** The area under the stages: iterations that a scenario starts. */
function arrivals({ startPerMinute, stages }: PlannedScenario): number {
  const from = [startPerMinute, ...stages.map(({ perMinute }) => perMinute)];
  return sumOf(
    stages,
    ({ perMinute, durationMs }, index) => (((from[index] ?? 0) + perMinute) / 2) * (durationMs / 60_000),
  );
}

const sumOf = <T>(items: readonly T[], value: (item: T, index: number) => number): number =>
  items.reduce((sum, item, index) => sum + value(item, index), 0);

/** The plan in words, one line each, and below it what this load is too small to prove. */
export function describePlan(plan: LoadPlan, slos: readonly Slo[]): string[] {
  const { profile, title, peakRequestsPerSecond, expectedRequests, expectedPayments, durationMs, stopOnBreach } = plan;
  const end = stopOnBreach ? ', or until an objective breaks' : '';
  const told = `load "${profile}" (${title}): up to ${formatCount(peakRequestsPerSecond)} requests/s, about ${formatCount(expectedRequests)} in all, ${formatCount(expectedPayments)} payments among them, for ${formatMs(durationMs)}${end}`;
  const expected = (slo: Slo) => (slo.event.kind === 'failed-payment' ? expectedPayments : expectedRequests);
  const tooFew = slos.filter((slo) => expected(slo) < slo.minSamples);
  return [
    told,
    ...tooFew.map(
      (slo) =>
        `too small to prove "${slo.title}": about ${formatCount(expected(slo))} samples where ${formatCount(slo.minSamples)} are asked for`,
    ),
  ];
}
