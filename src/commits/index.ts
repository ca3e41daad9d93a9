import type { CommitsReading } from '../core/release-notes.ts';
import { askCommand, type CommandContext } from '../system/command.ts';
import { folderExists } from '../system/files.ts';
import { parseCommit, type RawCommit } from './message.ts';

export interface CommitsQuery {
  /** Folder of a repository, bare or not; absolute. */
  readonly repository: string;
  /** With {release}. */
  readonly tag: string;
  readonly release: string;
  /** Undefined where nothing reports it: the nearest earlier tag takes its place. */
  readonly previousRelease?: string | undefined;
}

const timeoutMs = 30_000;

type Git = (
  ...args: string[]
) => Promise<{ readonly exitCode: number | null; readonly stdout: string; readonly stderr: string }>;
type Missing = Extract<CommitsReading, { found: false }>;

const missing = (because: string, next: string): Missing => ({ found: false, because, next });

/** The commits between two releases, by their tags. What cannot be shown to be complete is not found. */
export async function readCommits(
  query: CommitsQuery,
  context: CommandContext,
  signal?: AbortSignal,
): Promise<CommitsReading> {
  const { repository } = query;
  if (!(await folderExists(repository)))
    return missing(
      `releaseNotes.repository: ${repository} is no folder`,
      'name the folder of the repository, relative to the target file',
    );
  const env = { ...context.env, GIT_TERMINAL_PROMPT: '0', GIT_OPTIONAL_LOCKS: '0', LC_ALL: 'C' };
  const options = { env, cwd: repository, timeoutMs, ...(signal ? { signal } : {}) };
  const git: Git = (...args) =>
    askCommand(['git', '--no-replace-objects', '-c', 'log.showSignature=false', ...args], options);
  const shallow = await git('rev-parse', '--is-shallow-repository');
  if (shallow.exitCode !== 0)
    return missing(`${repository} is not readable by git: ${firstLine(shallow.stderr)}`, `git -C ${repository} log`);
  if (shallow.stdout.trim() !== 'false')
    return missing(
      `the history of ${repository} is shallow`,
      'git fetch --unshallow --tags, or fetch-depth: 0 of actions/checkout',
    );
  const range = await rangeOf(query, git);
  return 'found' in range ? range : readRange(range, git, repository);
}

interface Range {
  readonly from: string;
  readonly to: string;
  readonly guessed?: true;
}

const tagOf = (pattern: string, release: string): string => pattern.replaceAll('{release}', release);

async function rangeOf(
  { tag, release, previousRelease, repository }: CommitsQuery,
  git: Git,
): Promise<Range | Missing> {
  const to = tagOf(tag, release);
  const fetchTags = `git -C ${repository} fetch --tags, or correct releaseNotes.tag (${tag})`;
  if (!(await isCommit(git, to))) return missing(`${repository} has no tag ${to}`, fetchTags);
  if (previousRelease === undefined) {
    const found = await git('describe', '--tags', '--abbrev=0', `--match=${tagOf(tag, '*')}`, `refs/tags/${to}^`);
    const from = found.stdout.trim();
    return found.exitCode === 0 && from !== ''
      ? { from, to, guessed: true }
      : missing(`the previous release is not known, and no earlier tag of ${repository} matches ${tag}`, fetchTags);
  }
  const from = tagOf(tag, previousRelease);
  if (!(await isCommit(git, from))) return missing(`${repository} has no tag ${from}`, fetchTags);
  const ancestor = await git('merge-base', '--is-ancestor', `refs/tags/${from}`, `refs/tags/${to}`);
  if (ancestor.exitCode === 0) return { from, to };
  return ancestor.exitCode === 1
    ? missing(
        `${to} does not descend from ${from}, so commits of ${from} are not in it`,
        'tag the release on a commit that contains the previous one, or ship the release that does',
      )
    : missing(`git cannot compare ${from} with ${to}: ${firstLine(ancestor.stderr)}`, `git -C ${repository} fsck`);
}

const isCommit = async (git: Git, tag: string): Promise<boolean> =>
  (await git('rev-parse', '--verify', '--quiet', '--end-of-options', `refs/tags/${tag}^{commit}`)).exitCode === 0;

/** A message cannot have the character NUL, so it separates the fields and the commits. */
async function readRange(range: Range, git: Git, repository: string): Promise<CommitsReading> {
  const revisions = `refs/tags/${range.from}..refs/tags/${range.to}`;
  const log = await git(
    'log',
    '-z',
    '--no-color',
    '--no-decorate',
    '--encoding=UTF-8',
    '--format=%H%x00%P%x00%B',
    revisions,
  );
  const count = await git('rev-list', '--count', revisions);
  if (log.exitCode !== 0 || count.exitCode !== 0)
    return missing(
      `git cannot list ${range.from}..${range.to}: ${firstLine(log.stderr || count.stderr)}`,
      `git -C ${repository} fsck`,
    );
  const commits = splitLog(log.stdout).map(parseCommit);
  if (String(commits.length) !== count.stdout.trim())
    return missing(
      `git lists ${commits.length} commits of ${range.from}..${range.to} and counts ${count.stdout.trim()}`,
      `git -C ${repository} fsck`,
    );
  return { found: true, commits, ...range };
}

function splitLog(output: string): RawCommit[] {
  const fields = output.split('\0');
  const commits: RawCommit[] = [];
  for (let index = 0; index + 2 < fields.length; index += 3) {
    const [hash = '', parents = '', message = ''] = fields.slice(index, index + 3);
    commits.push({ hash: hash.trim(), parents: parents.split(' ').filter((each) => each !== '').length, message });
  }
  return commits;
}

const firstLine = (text: string): string => text.trim().split('\n')[0] || 'no reason given';
