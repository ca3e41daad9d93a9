import type { ReleaseAnswers, ToolOutcome } from '../core/evidence.ts';
import { deviationsFrom, type LoadPlan } from '../core/load-plan.ts';
import { loggedReleases, startedIterations, unplannedOptions } from './k6-log.ts';
import { lastSecondOf } from './k6-series.ts';
import type { LoadNumbers } from './k6-summary.ts';

/** k6 has to read the plan as written: as many virtual users as planned. */
export function planDeviations(preflight: ToolOutcome, plan: LoadPlan, scripts = 'the load scripts'): string[] {
  if (preflight.exitCode !== 0) return [`k6 refuses ${scripts}: ${lastError(preflight)}`];
  const users = plan.scenarios.reduce((sum, scenario) => sum + scenario.users, 0);
  const read = Number(/"maxVUs": (\d+)\n}/.exec(preflight.stdout)?.[1]);
  // One more for the heartbeat.
  return read === users + 1 ? [] : [`k6 would use ${read} virtual users, ${users + 1} are planned`];
}

/** Four a second, as in load/options.ts. */
export const heartbeatMs = 250;

/** The load that was applied against the plan, where there is one: flags, variables and files of another origin change it without an error. */
export function appliedDeviations(outcome: ToolOutcome, numbers: LoadNumbers, plan: LoadPlan | undefined): string[] {
  const { timedOut, interrupted, exitCode } = outcome;
  if (timedOut || interrupted || (exitCode !== 0 && exitCode !== 99)) return [];
  const { heartbeats, iterations, droppedIterations } = numbers;
  const started = (startedIterations(outcome.stdout) ?? iterations + heartbeats) - heartbeats;
  const applied = { arrivals: started + droppedIterations, durationMs: heartbeats * heartbeatMs };
  return [...(plan ? deviationsFrom(plan, applied) : []), ...unplannedOptions(outcome.stderr)];
}

/** Answers by release; `compared` is the release that the scripts compared with. */
export function releasesIn(
  { stderr }: ToolOutcome,
  { wrongRelease }: LoadNumbers,
  record: string | undefined,
  compared: string | undefined,
  prefix = '',
): ReleaseAnswers[] {
  const others = loggedReleases(stderr).join(', ');
  const last = lastSecondOf(`${prefix}wrong_release`, record);
  const releases = [
    { name: compared ?? '', answers: wrongRelease.trials - wrongRelease.events },
    {
      name: others,
      answers: wrongRelease.events,
      ...(last && last.counted < last.end - 1 ? { lastSecond: last.counted } : {}),
    },
  ];
  return releases.filter(({ name, answers }) => name !== '' && answers > 0).toSorted((a, b) => b.answers - a.answers);
}

const meanings = (scripts: string): Readonly<Record<number, string>> => ({
  100: `setup() of ${scripts} exceeded its time limit`,
  101: `teardown() of ${scripts} exceeded its time limit`,
  104: 'invalid configuration',
  105: 'stopped by another process',
  107: `an exception while ${scripts} began or ended`,
  108: `aborted by ${scripts}`,
  109: 'k6 itself crashed',
  110: `marked as failed by ${scripts}`,
});

/** Only 0 and 99 (a threshold was crossed, so the counts decide) are exit codes of a complete load. */
export function endings(outcome: ToolOutcome, scripts = 'the load scripts'): string[] {
  const { exitCode, signal, timedOut, interrupted } = outcome;
  if (timedOut || interrupted || exitCode === 0 || exitCode === 99) return [];
  if (exitCode === null) return [`k6 was killed by ${signal}`];
  return [`k6 ended with exit code ${exitCode}: ${meanings(scripts)[exitCode] ?? lastError(outcome)}`];
}

/** The exit code and the thresholds have to agree. */
export function contradictions({ exitCode }: ToolOutcome, { thresholds }: LoadNumbers): string[] {
  const crossed = thresholds.filter(({ ok }) => !ok);
  if (exitCode === 0 && crossed[0])
    return [`k6 ended with 0 although ${crossed[0].metric} crossed ${crossed[0].expression}`];
  if (exitCode === 99 && crossed.length === 0) return ['k6 ended with 99 without a crossed threshold in its summary'];
  return [];
}

/** k6 logs an exception of an iteration and counts the iteration as complete; only such lines name an executor. */
export const exceptionsIn = ({ stderr }: ToolOutcome): number =>
  stderr.split('\n').filter((line) => line.includes('"executor":') && line.includes('"level":"error"')).length;

function lastError({ stderr, exitCode, signal }: ToolOutcome): string {
  const last = stderr.trim().split('\n').at(-1) ?? '';
  return last === '' ? `exited with ${signal ?? `exit code ${exitCode}`}` : last.slice(0, 500);
}
