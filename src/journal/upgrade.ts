import { UserError } from '../core/errors.ts';
import { schemaVersion } from '../core/run-result.ts';

/** Names of version 1 and their replacements in version 2, values by the key that holds them. */
const keys: Readonly<Record<string, string>> = {
  tick: 'observation',
  notLookedAt: 'notChecked',
  remarks: 'deviations',
  truth: 'dependencies',
  back: 'rollback',
};
const values: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  type: { tick: 'observed', abandoned: 'aborted', 'not-looked-at': 'not-checked' },
  do: { prove: 'verify' },
  because: { 'keeps-warm': 'keep-warm', 'has-traffic-again': 'rollback' },
  phase: { forward: 'progressing', back: 'rolling-back', stuck: 'rollback-failed' },
  kind: { sandbox: 'embedded' },
  id: { 'readiness.truth': 'readiness.dependencies' },
  decidedBy: { 'readiness.truth': 'readiness.dependencies' },
};

/**
 * A value written by an earlier version, renamed to this one, so that its rollouts can be resumed, aborted and reported.
 * `version` is the version that wrote it. Throws UserError for a later version.
 */
export function upgrade(value: unknown, version: unknown, file: string): unknown {
  if (version === schemaVersion) return value;
  if (version === 1) return rename(value, '');
  throw new UserError(
    `${file} was written by version ${String(version)}, and this Shiproom reads up to ${schemaVersion}.`,
    ['use the Shiproom that wrote it, or a later one'],
  );
}

function rename(value: unknown, key: string): unknown {
  if (typeof value === 'string') return own(values, key)?.[value] ?? value;
  if (Array.isArray(value)) return value.map((each) => rename(each, key));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([name, each]): [string, unknown] => [
    own(keys, name) ?? name,
    name === 'schemaVersion' ? schemaVersion : rename(each, name),
  ]);
  return Object.fromEntries(entries);
}

const own = <T>(table: Readonly<Record<string, T>>, key: string): T | undefined =>
  Object.hasOwn(table, key) ? table[key] : undefined;
