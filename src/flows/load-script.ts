import { describeKey, type SettingsSource } from '../config/key-place.ts';
import { UserError } from '../core/errors.ts';
import { nearest } from '../core/nearest.ts';
import type { Slo } from '../core/slo.ts';
import type { Target } from '../core/target.ts';
import { fileProblem } from './journey-files.ts';

type Asked = Pick<Target, 'load' | 'rateLimit'>;

/** What is wrong with a k6 script of the target's own, by its key in the target file. */
export async function loadScriptProblems(
  { load: { script }, rateLimit }: Asked,
  slos: readonly Slo[],
): Promise<readonly (readonly [key: string, problem: string])[]> {
  if (!script) return [];
  const ids = slos.map(({ id }) => id);
  const unknown = Object.keys(script.metrics).filter((id) => !ids.includes(id));
  const absent = await fileProblem(script.path);
  return [
    ...(absent === undefined ? [] : [['load.script', `${script.path} ${absent}`] as const]),
    ...(script.options === 'kept' && rateLimit !== undefined
      ? [['load.options', 'the rate of a script that keeps its options cannot be held below rateLimit'] as const]
      : []),
    ...unknown.map((id) => [`load.metrics.${id}`, `there is no such objective; there are ${ids.join(', ')}`] as const),
  ];
}

/** What of the plan the command line sets. */
interface Wanted {
  readonly profile?: string | undefined;
  readonly rate?: number | undefined;
  readonly durationMs?: number | undefined;
}

const planFlags = { profile: '--profile', rate: '--rate', durationMs: '--duration' } as const;

/** Throws UserError with the place of a profile that does not exist: the flag, or the key of the target. */
export async function requireLoadProfile(
  { load }: Pick<Target, 'load'>,
  known: readonly string[],
  flag: string | undefined,
  source?: SettingsSource,
): Promise<void> {
  const profile = flag ?? load.profile;
  if (known.includes(profile)) return;
  const place = flag === undefined ? await describeKey(source, 'load.profile') : '--profile';
  const meant = nearest(profile, known);
  const names = meant === undefined ? known : [meant, ...known.filter((each) => each !== meant)];
  throw new UserError(
    `${place}: there is no load profile "${profile}" in config/load-profiles.yaml${meant === undefined ? '' : `; did you mean ${meant}?`}`,
    names.map((each) => (flag === undefined ? `load: { profile: ${each} }` : `--profile ${each}`)),
  );
}

/** What cannot be run is refused before anything is asked. Throws UserError with key and problem. */
export async function requireLoadScript(
  target: Asked,
  slos: readonly Slo[],
  wanted: Wanted = {},
  source?: SettingsSource,
): Promise<void> {
  const kept = target.load.script?.options === 'kept';
  const contradicting = kept
    ? (Object.keys(planFlags) as (keyof Wanted)[])
        .filter((key) => wanted[key] !== undefined)
        .map((key) => planFlags[key])
    : [];
  const problems = [
    ...(await loadScriptProblems(target, slos)),
    ...contradicting.map((flag) => [flag, 'the script keeps its own options (load.options: kept)'] as const),
  ];
  if (problems.length === 0) return;
  const lines = problems.map(async ([key, problem]) => `${await describeKey(source, key)}: ${problem}`);
  throw new UserError((await Promise.all(lines)).join('\n'), [
    `docs/journeys.md explains these keys; paths are relative to the ${source?.kind === 'url' ? 'working directory' : 'target file'}`,
  ]);
}
