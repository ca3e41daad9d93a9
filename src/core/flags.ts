import type { Command } from './target.ts';

/** The definition of each flag or config override by its name, as canonical JSON: two are equal when their texts are. */
export type FlagSnapshot = Readonly<Record<string, string>>;

/** Absent `from` or `to`: there is no such flag. */
export interface FlagChange {
  readonly name: string;
  readonly from?: string;
  readonly to?: string;
}

export type FlagsSettings = {
  /** Names of the flags that releases of this target introduce, `*` for any characters; undefined: found by comparison. */
  readonly owned?: readonly string[];
} & (
  | ({ readonly driver: 'file' } & FileFlagsSettings)
  | ({ readonly driver: 'command' } & CommandFlagsSettings)
  | ({ readonly driver: 'unleash' } & UnleashSettings)
);

export interface FileFlagsSettings {
  /** Absolute; JSON. */
  readonly file: string;
  /** The object in it whose members are the flags. */
  readonly key: string;
}

export interface CommandFlagsSettings {
  /** Prints a JSON object: the definition of each flag by its name. */
  readonly read: Command;
  /** {name}; gets the definition as JSON in the variable FLAG_VALUE. */
  readonly set: Command;
  /** {name}: for a flag that was not there before. */
  readonly remove: Command;
  /** Limit of `set` and `remove`. Default 30 s. */
  readonly timeoutMs?: number;
  /** Limit of `read`. Default 10 s. */
  readonly readTimeoutMs?: number;
}

export interface UnleashSettings {
  /** Base address, without `/api` and without a slash at its end. */
  readonly url: string;
  readonly project: string;
  readonly environment: string;
  /** Name of the environment variable with an admin or service account token; false where the server asks for none. */
  readonly token: string | false;
  /** Limit of one request. Default 10 s. */
  readonly timeoutMs?: number;
}

/** Members in the order of their names, so that equal values have equal texts. */
export const canonicalJson = (value: unknown): string => JSON.stringify(sorted(value));

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return Object.fromEntries(entries.map(([key, each]) => [key, sorted(each)]));
}

const valueOf = (snapshot: FlagSnapshot, name: string): string | undefined =>
  Object.hasOwn(snapshot, name) ? snapshot[name] : undefined;

const changeOf = (name: string, from: string | undefined, to: string | undefined): FlagChange => ({
  name,
  ...(from === undefined ? {} : { from }),
  ...(to === undefined ? {} : { to }),
});

/** What has to be changed in `a` to get `b`, by name. */
export const diffFlags = (a: FlagSnapshot, b: FlagSnapshot): FlagChange[] =>
  [...new Set([...Object.keys(a), ...Object.keys(b)])].toSorted().flatMap((name) => {
    const [from, to] = [valueOf(a, name), valueOf(b, name)];
    return from === to ? [] : [changeOf(name, from, to)];
  });

/** The snapshot that `diffFlags` compared with. */
export function applyChanges(snapshot: FlagSnapshot, changes: readonly FlagChange[]): FlagSnapshot {
  const changed = new Map(Object.entries(snapshot));
  for (const { name, to } of changes) {
    if (to === undefined) changed.delete(name);
    else changed.set(name, to);
  }
  return Object.fromEntries(changed);
}

export interface FlagSnapshots {
  /** Before the release was started. */
  readonly before: FlagSnapshot;
  /** Before its first traffic; absent where the rollout did not get that far. */
  readonly released?: FlagSnapshot;
  /** When it had all traffic and the rollout ended; absent while it is open. */
  readonly promoted?: FlagSnapshot;
  readonly now: FlagSnapshot;
}

export interface FlagRestoration {
  /** Changed by the release and not since: from its value to the one before the release. */
  readonly restore: readonly FlagChange[];
  /** Changed by the release, and as before it already. */
  readonly restored: readonly string[];
  /** Differs from what it was before the release, and is not this release's to undo. */
  readonly left: readonly { readonly name: string; readonly because: string }[];
}

/**
 * A three-way comparison. The release's value of a flag is the one at the end of the window in which its changes are made:
 * - a flag of `owned`: until the rollout ends, by promotion or by the rollback;
 * - without `owned`: any flag, until the first traffic on the release, or until the rollback where that is earlier.
 * Changed by the release is what had another value before it. It is restored only while it still has the release's value.
 */
export function planFlagRestoration(
  { before, released, promoted, now }: FlagSnapshots,
  owned: readonly string[] | undefined,
): FlagRestoration {
  const isOwned = matcherOf(owned);
  const ofRelease = owned ? (promoted ?? now) : (released ?? now);
  const names = new Set([before, ofRelease, now].flatMap((snapshot) => Object.keys(snapshot)));
  const plan = {
    restore: [] as FlagChange[],
    restored: [] as string[],
    left: [] as { name: string; because: string }[],
  };
  for (const name of [...names].toSorted()) {
    const [was, shipped, is] = [valueOf(before, name), valueOf(ofRelease, name), valueOf(now, name)];
    const byRelease = was !== shipped && isOwned(name);
    if (byRelease && is === shipped) plan.restore.push(changeOf(name, is, was));
    else if (byRelease && is === was) plan.restored.push(name);
    else if (is !== was) plan.left.push({ name, because: reasonOf(isOwned(name), byRelease, owned !== undefined) });
  }
  return plan;
}

function reasonOf(isOwned: boolean, byRelease: boolean, hasOwned: boolean): string {
  if (!isOwned) return 'it is not one of flags.owned';
  if (byRelease) return 'the release changed it, and it was changed again afterwards';
  return hasOwned ? 'it was changed after the rollout had ended' : 'it was changed after the first traffic';
}

function matcherOf(patterns: readonly string[] | undefined): (name: string) => boolean {
  if (!patterns) return () => true;
  const escaped = patterns.map((pattern) => pattern.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*'));
  const any = new RegExp(`^(?:${escaped.join('|')})$`, 's');
  return (name) => any.test(name);
}
