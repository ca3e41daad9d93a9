import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCommits } from '../../src/commits/index.ts';
import { releaseNotesOf } from '../../src/config/announcements.ts';
import { releaseNotesSchema } from '../../src/config/release-notes-schema.ts';
import { judgeNotes } from '../../src/core/judge/release-notes.ts';
import { createMask } from '../../src/core/redact.ts';
import { publishNotes } from '../../src/flows/release/notes.ts';
import { commitLines } from '../unit/release/commits.ts';
import { facts, healthy } from '../unit/release/facts.ts';

/** The notes from a real repository of git, published in a real file. */
let root: string;
const env = { PATH: process.env['PATH'] ?? '', HOME: '/nonexistent', GIT_CONFIG_NOSYSTEM: '1' };
const person = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.com', '-c', 'commit.gpgsign=false'];
const git = (folder: string, ...args: string[]): string =>
  execFileSync('git', [...person, ...args], { cwd: folder, env, encoding: 'utf8' }).trim();
const commit = (folder: string, message: string): void =>
  void git(folder, 'commit', '--quiet', '--allow-empty', '--allow-empty-message', '--cleanup=verbatim', '-m', message);

beforeAll(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'shiproom-notes-')));
  const work = join(root, 'work');
  mkdirSync(work);
  git(work, 'init', '--quiet', '-b', 'main');
  commit(work, 'feat: the first');
  git(work, 'tag', 'app@1.0.0');
  for (const line of commitLines) commit(work, line);
  commit(work, '');
  git(work, 'switch', '--quiet', '-c', 'side', 'app@1.0.0');
  commit(work, 'feat(chat)!: typing\n\nBREAKING CHANGE: clients older than 2 are refused');
  git(work, 'switch', '--quiet', 'main');
  git(work, 'merge', '--quiet', '--no-ff', '-m', "Merge branch 'side'", 'side');
  git(work, 'tag', '-a', 'app@1.1.0', '-m', 'annotated');
  git(work, 'switch', '--quiet', '-c', 'hotfix', 'app@1.0.0');
  commit(work, 'fix: only here');
  git(work, 'tag', 'app@1.0.1');
  git(work, 'tag', 'app@same', 'app@1.1.0^{}');
  git(root, 'clone', '--quiet', '--bare', 'work', 'bare.git');
  git(
    root,
    '-c',
    'advice.detachedHead=false',
    'clone',
    '--quiet',
    '--depth=1',
    '--branch=app@1.1.0',
    `file://${work}`,
    'shallow',
  );
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const read = (folder: string, previousRelease: string | undefined, release: string, tag = '{release}') =>
  readCommits({ repository: join(root, folder), tag, release, previousRelease }, { env, cwd: root });

describe('the commits between two releases', () => {
  it.each(['work', 'bare.git'])('of %s are those of every branch that was merged', async (folder) => {
    const reading = await read(folder, 'app@1.0.0', 'app@1.1.0');
    if (!reading.found) throw new Error(reading.because);
    expect(reading.commits).toHaveLength(commitLines.length + 3);
    expect(reading.commits.filter(({ isMerge }) => isMerge)).toHaveLength(1);
    expect(reading.commits.find(({ scope }) => scope === 'chat')?.breaking).toEqual([
      'clients older than 2 are refused',
    ]);
    const headers = reading.commits.map(({ header }) => header);
    for (const line of commitLines) expect(headers).toContain(line.trim());
    expect(headers).toContain('(no message)');
    expect(new Set(reading.commits.map(({ hash }) => hash)).size).toBe(reading.commits.length);
  });

  it('begin at the nearest earlier tag, where nothing reports the previous release', async () =>
    expect(await read('bare.git', undefined, '1.1.0', 'app@{release}')).toMatchObject({
      found: true,
      from: 'app@1.0.0',
      guessed: true,
    }));

  it('are none between two tags of one commit', async () =>
    expect(await read('bare.git', 'app@1.1.0', 'app@same')).toMatchObject({ found: true, commits: [] }));

  it.each([
    ['a tag that is missing', 'bare.git', 'app@1.0.0', 'app@9', /no tag app@9/, /fetch --tags/],
    ['a previous tag that is missing', 'bare.git', 'app@0', 'app@1.1.0', /no tag app@0/, /fetch --tags/],
    [
      'a release that does not contain the previous one',
      'bare.git',
      'app@1.0.1',
      'app@1.1.0',
      /does not descend/,
      /tag the release/,
    ],
    ['no earlier tag', 'bare.git', undefined, 'app@1.0.0', /no earlier tag/, /fetch --tags/],
    ['a shallow history', 'shallow', 'app@1.0.0', 'app@1.1.0', /shallow/, /--unshallow/],
    ['a folder without a repository', '.', 'app@1.0.0', 'app@1.1.0', /not readable by git/, /git -C/],
    ['no folder', 'nothing', 'app@1.0.0', 'app@1.1.0', /no folder/, /relative to the target file/],
  ])('are not found with %s', async (_, folder, previous, release, because, next) => {
    const reading = await read(folder, previous, release);
    expect(reading).toMatchObject({
      found: false,
      because: expect.stringMatching(because) as string,
      next: expect.stringMatching(next) as string,
    });
  });
});

describe('the notes of a release', () => {
  const { runId, at, target, slos } = facts();
  const go = { word: 'GO', because: 'All 8 required checks passed.', decidedBy: [] } as const;
  const about = { release: 'app@1.1.0', previousRelease: 'app@1.0.0', target, runId, at, slos, verdict: go };
  const all = { ...about, migrations: [], judgements: healthy, notChecked: [] };
  const context = (file: string, repository = 'bare.git') => ({
    settings: releaseNotesOf(join(root, 'target.yaml'), {
      releaseNotes: releaseNotesSchema.parse({ repository, file }),
    }),
    command: { env, cwd: root },
    mask: createMask(() => ['reversed']),
  });
  const textOf = (file: string) => readFileSync(join(root, file), 'utf8');

  it('are published in a new file, and replaced when they are published again', async () => {
    const first = await publishNotes(all, context('new.md'));
    expect(first).toMatchObject({ state: 'published', change: 'inserted', range: 'app@1.0.0..app@1.1.0' });
    expect(judgeNotes(first)).toMatchObject({ status: 'pass' });
    const text = textOf('new.md');
    expect(text).toMatch(/^# Release notes\n\n<!-- release: app@1\.1\.0 -->\n## `app@1\.1\.0`/);
    expect(text).not.toMatch(/<!here>|https:\/\/evil|reversed/);
    const again = await publishNotes({ ...all, at: '2026-11-26T04:00:00.000Z' }, context('new.md'));
    expect(again).toMatchObject({ state: 'published', change: 'replaced' });
    expect(textOf('new.md')).toBe(text.replace('03:01:30', '04:00:00'));
  });

  it('leave what was written by hand, CRLF, byte order mark, permissions and a link', async () => {
    const byHand = '\uFEFF# Notes\r\n\r\n## 0.9\r\n\r\nby hand\r\n';
    writeFileSync(join(root, 'real.md'), byHand);
    chmodSync(join(root, 'real.md'), 0o640);
    symlinkSync('real.md', join(root, 'link.md'));
    expect(await publishNotes(all, context('link.md'))).toMatchObject({ state: 'published' });
    const text = textOf('real.md');
    expect(text.replace(/<!-- release[\s\S]*end of release -->\r\n\r\n/, '')).toBe(byHand);
    expect(text.replaceAll('\r\n', '')).not.toContain('\n');
    expect(git(root, 'hash-object', 'link.md')).toBe(git(root, 'hash-object', 'real.md'));
  });

  it('are not published while the verdict is not GO, and are in the evidence', async () => {
    const verdict = { word: 'HOLD', because: 'x', decidedBy: [] } as const;
    const evidence = await publishNotes({ ...all, verdict }, context('held.md'));
    expect(evidence).toMatchObject({ state: 'unpublished', notes: { features: [{ scope: 'chat' }, {}] } });
    expect(judgeNotes(evidence)).toMatchObject({ reason: 'not-applicable' });
    expect(() => textOf('held.md')).toThrow('ENOENT');
  });

  it.each([
    ['a repository that lacks the tag', () => ({ ...all, release: 'app@9' }), 'tag.md', /no tag app@9/],
    ['a folder that does not exist', () => all, 'none/notes.md', /mkdir/],
    [
      'a link to outside of the repository',
      () => (symlinkSync('/etc/hostname', join(root, 'out.md')), all),
      'out.md',
      /outside/,
    ],
    [
      'a link to nothing',
      () => (symlinkSync('gone.md', join(root, 'dangling.md')), all),
      'dangling.md',
      /does not exist/,
    ],
    [
      'a file of another encoding',
      () => (writeFileSync(join(root, 'latin.md'), Buffer.from([0xe4, 0x0a])), all),
      'latin.md',
      /UTF-8/,
    ],
    ['a folder in the place of the file', () => (mkdirSync(join(root, 'folder.md')), all), 'folder.md', /not a file/],
    [
      'a section without an end',
      () => (writeFileSync(join(root, 'open.md'), '<!-- release: app@1.1.0 -->\n'), all),
      'open.md',
      /has no line/,
    ],
  ])('with %s are an error with the reason', async (_, prepare, file, because) => {
    const evidence = await publishNotes(prepare(), context(file));
    expect(evidence).toMatchObject({ state: 'failed', problem: { because: expect.stringMatching(because) as string } });
    expect(judgeNotes(evidence)).toMatchObject({ status: 'error' });
  });

  it('without a commit are inconclusive, and nothing is written', async () => {
    const evidence = await publishNotes(
      { ...all, previousRelease: 'app@1.1.0', release: 'app@same' },
      context('same.md'),
    );
    expect(judgeNotes(evidence)).toMatchObject({ status: 'inconclusive' });
    expect(() => textOf('same.md')).toThrow('ENOENT');
  });

  it.each([
    [undefined, 'missing'],
    [{ off: 'by hand' }, 'off'],
  ] as const)('of a target file with %j', async (settings, state) =>
    expect(await publishNotes(all, { ...context('x.md'), settings })).toMatchObject({ state }),
  );
});
