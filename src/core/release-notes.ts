import { type ChecklistRow, checklistOf } from './checklist.ts';
import type { MigrationClass } from './rollout/migrations.ts';
import type { Strategy } from './rollout/plan.ts';
import type { Slo } from './slo.ts';
import { type SloNumber, sloNumbers } from './slo-numbers.ts';
import type { AcceptedFinding } from './target.ts';
import type { Judgement, NotChecked, Verdict } from './verdict.ts';

/** One commit, as its message is written by Conventional Commits. Every text is from outside. */
export interface NotedCommit {
  readonly hash: string;
  /** First line of its message. */
  readonly header: string;
  /** Lower case; absent where the first line is not of the convention. */
  readonly type?: string;
  readonly scope?: string;
  /** The first line without type and scope. */
  readonly subject: string;
  /** Texts of `BREAKING CHANGE:`; an empty list with `!` in the first line. Absent for a compatible change. */
  readonly breaking?: readonly string[];
  /** Texts of `KNOWN ISSUE:`. */
  readonly knownIssues: readonly string[];
  /** What it reverts: its hash or a part of it, or its first line. */
  readonly reverts?: { readonly hash?: string; readonly header?: string };
  readonly isMerge: boolean;
}

/** The commits of a release, or why they are not known. */
export type CommitsReading =
  | {
      readonly found: true;
      /** Newest first. */
      readonly commits: readonly NotedCommit[];
      /** Tag of the previous release, and of this one. */
      readonly from: string;
      readonly to: string;
      /** The previous release was not known, and the nearest earlier tag took its place. */
      readonly guessed?: true;
    }
  | { readonly found: false; readonly because: string; readonly next: string };

export interface NotedMigration {
  readonly id: string;
  readonly class?: MigrationClass;
}

export interface ReleaseNotesFacts {
  readonly release: string;
  readonly previousRelease?: string;
  /** Name of the target. */
  readonly target: string;
  readonly runId: string;
  /** ISO 8601: when the verdict was reached. */
  readonly at: string;
  readonly migrations: readonly NotedMigration[];
  readonly verdict: Verdict;
  readonly judgements: readonly Judgement[];
  readonly notChecked: readonly NotChecked[];
  readonly slos: readonly Slo[];
  readonly strategy?: Strategy;
  readonly reportUrl?: string;
}

/** A difference that the target file accepts, or what a commit names. */
export type KnownIssue = AcceptedFinding | { readonly text: string; readonly hash: string };

export interface ListedCommit extends NotedCommit {
  /** By a later commit of the same release. */
  readonly reverted?: true;
}

export interface ReleaseNotes extends Pick<
  ReleaseNotesFacts,
  'release' | 'previousRelease' | 'target' | 'runId' | 'at' | 'verdict' | 'migrations' | 'reportUrl'
> {
  readonly breaking: readonly { readonly text: string; readonly hash: string }[];
  readonly features: readonly NotedCommit[];
  readonly fixes: readonly NotedCommit[];
  readonly performance: readonly NotedCommit[];
  readonly knownIssues: readonly KnownIssue[];
  /** Listed: not of the convention, of an unknown type, reverted within the release, or the revert of an earlier release. */
  readonly other: readonly ListedCommit[];
  /** Counted only: type and number of commits, most first. */
  readonly quiet: readonly (readonly [type: string, count: number])[];
  readonly commits: number;
  readonly numbers: readonly SloNumber[];
  readonly checklist: readonly ChecklistRow[];
}

/** Types that users of the service do not notice: they are counted. */
const quietTypes: ReadonlySet<string> = new Set(['build', 'chore', 'ci', 'docs', 'refactor', 'style', 'test', 'merge']);

/** The notes of a release. Every commit is in one section or in a count, whatever its message is. */
export function buildReleaseNotes(facts: ReleaseNotesFacts, commits: readonly NotedCommit[]): ReleaseNotes {
  const { judgements, notChecked, slos, strategy } = facts;
  const { reverted, reverts } = revertsIn(commits);
  const kept = commits.filter(({ hash }) => !reverted.has(hash));
  const ofType = (...types: string[]) => kept.filter(({ type = '' }) => types.includes(type));
  const isQuiet = (commit: NotedCommit): boolean =>
    reverts.has(commit.hash) || (!reverted.has(commit.hash) && quietTypes.has(typeOf(commit) ?? ''));
  const isListed = ({ hash, type = '' }: NotedCommit): boolean => reverted.has(hash) || !shownTypes.has(type);
  return {
    release: facts.release,
    ...(facts.previousRelease === undefined ? {} : { previousRelease: facts.previousRelease }),
    target: facts.target,
    runId: facts.runId,
    at: facts.at,
    verdict: facts.verdict,
    migrations: facts.migrations,
    ...(facts.reportUrl === undefined ? {} : { reportUrl: facts.reportUrl }),
    breaking: kept.flatMap(breakingOf),
    features: ofType('feat', 'feature'),
    fixes: ofType('fix', 'bugfix', 'hotfix'),
    performance: ofType('perf'),
    knownIssues: [
      ...acceptedIn(judgements),
      ...kept.flatMap(({ knownIssues, hash }) => knownIssues.map((text) => ({ text, hash }))),
    ],
    other: commits
      .filter((commit) => !isQuiet(commit) && isListed(commit))
      .map((commit) => (reverted.has(commit.hash) ? { ...commit, reverted: true } : commit)),
    quiet: countTypes(commits.filter(isQuiet)),
    commits: commits.length,
    numbers: sloNumbers(judgements, slos),
    checklist: checklistOf(judgements, notChecked, { whole: true, ...(strategy ? { strategy } : {}) }),
  };
}

const shownTypes: ReadonlySet<string> = new Set(['feat', 'feature', 'fix', 'bugfix', 'hotfix', 'perf']);
const typeOf = ({ type, isMerge }: NotedCommit): string | undefined => (isMerge ? 'merge' : type);

const breakingOf = ({ breaking, subject, hash }: NotedCommit): { text: string; hash: string }[] =>
  breaking === undefined ? [] : (breaking.length === 0 ? [subject] : breaking).map((text) => ({ text, hash }));

interface Reverts {
  /** Hashes of the commits that a later one of the same release takes back, and of those that do. */
  readonly reverted: ReadonlySet<string>;
  readonly reverts: ReadonlySet<string>;
}

/** Commits are given newest first. */
function revertsIn(commits: readonly NotedCommit[]): Reverts {
  const reverted = new Set<string>();
  const by = new Set<string>();
  for (const [index, { hash: own, reverts }] of commits.entries()) {
    // A revert that was reverted itself has no effect.
    if (!reverts || reverted.has(own)) continue;
    const isMeant = ({ hash, header }: NotedCommit): boolean =>
      reverts.hash === undefined ? header === reverts.header : hash.startsWith(reverts.hash);
    const found = commits.slice(index + 1).find((commit) => isMeant(commit) && !reverted.has(commit.hash));
    if (!found) continue;
    reverted.add(found.hash);
    by.add(own);
  }
  return { reverted, reverts: by };
}

/** Each accepted difference once. */
const acceptedIn = (judgements: readonly Judgement[]): AcceptedFinding[] => [
  ...new Map(judgements.flatMap(({ accepted = [] }) => accepted.map((each) => [each.id, each] as const))).values(),
];

function countTypes(commits: readonly NotedCommit[]): (readonly [string, number])[] {
  const counts = new Map<string, number>();
  for (const commit of commits) {
    const type = typeOf(commit) ?? '';
    counts.set(type, (counts.get(type) ?? 0) + 1);
  }
  return [...counts].toSorted(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
}

export interface ReleaseNotesSettings {
  /** Folder of a repository, bare or not; absolute. */
  readonly repository: string;
  /** Absolute. */
  readonly file: string;
  /** Tag of a release, with {release}. */
  readonly tag: string;
}

/** What became of the notes of a release (3.4a). */
export type NotesEvidence =
  /** The target file turns them off with a reason, or does not mention them. */
  | { readonly kind: 'release-notes'; readonly state: 'off' | 'missing'; readonly because: string }
  | {
      readonly kind: 'release-notes';
      /** `unpublished`: the verdict is not GO. `failed`: `problem` is the reason why the file does not have them. */
      readonly state: 'published' | 'unpublished' | 'failed';
      readonly file: string;
      /** `freetask@1.4.0..freetask@1.5.0`; absent where the commits are not known. */
      readonly range?: string;
      /** Absent where the commits are not known. */
      readonly notes?: ReleaseNotes;
      /** Of a published one. */
      readonly change?: 'inserted' | 'replaced' | 'unchanged';
      readonly problem?: { readonly because: string; readonly next: string };
    };
