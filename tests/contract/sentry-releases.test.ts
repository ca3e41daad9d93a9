import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Recorder, startRecorder } from '../../sandbox/doubles/recorder.ts';
import type { FailureMode } from '../../sandbox/doubles/service.ts';
import { sentrySchema } from '../../src/config/courtesy-schema.ts';
import type { Attempt } from '../../src/core/courtesy.ts';
import { judgeFinalized } from '../../src/core/judge/finalized.ts';
import { judgeTracked } from '../../src/core/judge/tracked.ts';
import type {
  FinishedDeploy,
  ReleaseCommits,
  ReleaseEvidence,
  TrackedOutcome,
} from '../../src/core/tracked-release.ts';
import { finalizeRelease } from '../../src/flows/release/finalize.ts';
import { commitOfTag } from '../../src/sources/git-tags.ts';
import { createReleaseTracker } from '../../src/trackers/index.ts';

/** The real sentry-cli and the API that reads back, against the double. */
let recorder: Recorder;
beforeAll(async () => {
  recorder = await startRecorder();
});
afterAll(() => recorder.stop());
afterEach(() => recorder.fail('sentry', undefined));

const secret = 'a-very-secret-token';
const tracker = (token = secret) =>
  createReleaseTracker(
    sentrySchema.parse({ url: recorder.address, org: 'freetask', project: 'api', token: 'SENTRY_AUTH_TOKEN' }),
    () => token,
    { env: { PATH: process.env['PATH'] ?? '' }, cwd: '/' },
  );
const state = (members: object) =>
  fetch(`${recorder.address}/_state?service=sentry`, { method: 'POST', body: JSON.stringify(members) });
const attempt = (more: Partial<Attempt> = {}): Attempt => ({
  signal: new AbortController().signal,
  timeoutMs: 10_000,
  uncertain: false,
  ...more,
});
const sent = (method: string, path: RegExp, release: string) =>
  recorder
    .received()
    .filter((each) => each.method === method && path.test(decodeURIComponent(each.path)))
    .filter((each) => `${decodeURIComponent(each.path)} ${JSON.stringify(each.body)}`.includes(release))
    .filter(({ status }) => status !== 0 && status < 300);

const deployed = (release: string): FinishedDeploy => ({
  runId: `20261126-020000-release-green-${release.slice(-4)}`,
  release,
  environment: 'staging',
  startedAt: '2026-11-26T02:00:00.123Z',
  finishedAt: '2026-11-26T02:31:00.456Z',
  reportUrl: 'https://reports.example/1',
});
const commits: ReleaseCommits = {
  repository: 'freetask/app',
  method: 'range',
  folder: '/',
  sha: '2222222222222222222222222222222222222222',
  previousSha: '1111111111111111111111111111111111111111',
};

const evidenceOf = (release: string, found: TrackedOutcome, more: Partial<ReleaseEvidence> = {}): ReleaseEvidence => ({
  kind: 'tracked-release',
  project: 'api',
  version: release,
  startedAt: new Date().toISOString(),
  readAt: new Date().toISOString(),
  commits,
  ...found,
  files: [],
  problems: [],
  ...more,
});

describe('the release of a preflight (1.4a)', () => {
  it('is created with its start and its commits, and read back', async () => {
    const release = 'freetask@1.5.0+p001';
    const judgement = judgeTracked(evidenceOf(release, await tracker().prepare(release, commits, attempt())));
    expect(judgement).toMatchObject({ id: 'sentry.release', clauses: ['1.4a'], status: 'pass' });
    expect(judgement.because).toContain('3 commits up to 2222222222, created with its start at ');
    const [created] = sent('POST', /releases\/$/, release);
    expect(created?.body).toMatchObject({ version: release, projects: ['api'] });
    expect(JSON.stringify(created?.body)).toMatch(/"dateStarted":"\d{4}-/);
    expect(sent('PUT', /releases\//, release)[0]?.body).toMatchObject({
      refs: [{ repository: 'freetask/app', commit: commits.sha, previousCommit: commits.previousSha }],
    });
  });

  it('is not created again, and its start does not move', async () => {
    const release = 'freetask@1.5.0+p002';
    const first = await tracker().prepare(release, commits, attempt());
    const before = sent('POST', /releases\/$/, release).length;
    const again = await tracker().prepare(release, commits, attempt());
    expect(sent('POST', /releases\/$/, release)).toHaveLength(before);
    expect(sent('PUT', /releases\//, release)).toHaveLength(1);
    expect(again.release).toEqual(first.release);
  });

  it('whose answers were lost is created once', async () => {
    const release = 'freetask@1.5.0+p003';
    recorder.fail('sentry', 'lost');
    const lost = await tracker().prepare(release, commits, attempt({ timeoutMs: 3000 }));
    expect(lost.outcome).toMatchObject({ done: false, retry: true });
    recorder.fail('sentry', undefined);
    const again = await tracker().prepare(release, commits, attempt({ uncertain: true }));
    expect(judgeTracked(evidenceOf(release, again))).toMatchObject({ status: 'pass' });
  });

  it('without commits is inconclusive, with what to do', async () => {
    await state({ commitsPerRange: 0 });
    const release = 'freetask@1.5.0+p004';
    const judgement = judgeTracked(evidenceOf(release, await tracker().prepare(release, commits, attempt())));
    await state({ commitsPerRange: 3 });
    expect(judgement).toMatchObject({ status: 'inconclusive' });
    expect(judgement.because).toMatch(/shallow clone.*squashed.*integration of the repository freetask\/app/);
  });

  it('that ends at another commit gets the right ones', async () => {
    const release = 'freetask@1.5.0+p005';
    await tracker().prepare(release, { ...commits, sha: '3'.repeat(40) }, attempt());
    const found = await tracker().prepare(release, commits, attempt());
    expect(judgeTracked(evidenceOf(release, found))).toMatchObject({ status: 'pass' });
  });

  it.each(['local', 'auto'] as const)('--%s takes the commits of a bare repository', async (method) => {
    const release = `freetask@1.5.0+${method}`;
    const folder = await mkdtemp(join(tmpdir(), 'commits-'));
    const git = (...args: string[]) =>
      execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.com', ...args], { cwd: folder });
    git('init', '--quiet', '--initial-branch=main', 'tree');
    git('-C', 'tree', 'commit', '--quiet', '--allow-empty', '-m', 'feat: one');
    git('-C', 'tree', 'tag', 'v1');
    git('clone', '--quiet', '--bare', 'tree', 'bare');
    git('-C', 'bare', 'remote', 'set-url', 'origin', 'https://github.com/freetask/app.git');
    const call = { env: { PATH: process.env['PATH'] ?? '' }, cwd: '/', signal: new AbortController().signal };
    const own = await commitOfTag(join(folder, 'bare'), 'v1', call);
    const missing = await commitOfTag(join(folder, 'bare'), 'v2', call);
    const where = { ...commits, method, folder: join(folder, 'bare'), sha: 'sha' in own ? own.sha : '' };
    const found = await tracker().prepare(release, where, attempt());
    await rm(folder, { recursive: true });
    expect(judgeTracked(evidenceOf(release, found, { commits: where }))).toMatchObject({ status: 'pass' });
    expect('problem' in missing && missing.problem).toContain("has no tag v2: git tag 'v2'");
  });
});

describe('a finished release (3.3a)', () => {
  it('is finalized, has its deploy with both times for its project only, and is read back', async () => {
    const release = 'freetask@1.5.0+f001';
    await tracker().prepare(release, commits, attempt());
    const evidence = await finalizeRelease(deployed(release), tracker(), attempt());
    expect(judgeFinalized(evidence)).toMatchObject({ id: 'sentry.deploy', clauses: ['3.3a'], status: 'pass' });
    expect(evidence.deploy).toMatchObject({ environment: 'staging', dateStarted: '2026-11-26T02:00:00.123Z' });
    expect(evidence.release?.dateReleased).not.toBeNull();
    expect(sent('POST', /deploys\/$/, release)[0]?.body).toMatchObject({ projects: ['api'], environment: 'staging' });
  });

  it('is finalized and deployed once, also when it is repeated', async () => {
    const release = 'freetask@1.5.0+f002';
    const first = await finalizeRelease(deployed(release), tracker(), attempt());
    const again = await finalizeRelease(deployed(release), tracker(), attempt());
    expect([judgeFinalized(first).status, judgeFinalized(again).status]).toEqual(['pass', 'pass']);
    expect(sent('POST', /deploys\/$/, release)).toHaveLength(1);
    expect(sent('PUT', /releases\/[^/]+\/$/, release)).toHaveLength(1);
    expect(again.release?.dateReleased).toBe(first.release?.dateReleased);
  });

  it('whose answers were lost is done once', async () => {
    const release = 'freetask@1.5.0+f003';
    await tracker().prepare(release, commits, attempt());
    recorder.fail('sentry', 'lost');
    const lost = await finalizeRelease(deployed(release), tracker(), attempt({ timeoutMs: 3000 }));
    expect(lost.outcome).toMatchObject({ done: false, retry: true });
    expect(judgeFinalized(lost).status).toBe('error');
    recorder.fail('sentry', undefined);
    expect(judgeFinalized(await finalizeRelease(deployed(release), tracker(), attempt())).status).toBe('pass');
    expect(sent('POST', /deploys\/$/, release)).toHaveLength(1);
  });

  it.each<[FailureMode, boolean]>([
    ['down', true],
    ['server-error', true],
    ['rate-limited', true],
    ['refusing', false],
  ])('%s: an outcome with whether to retry, no exception and no secret', async (mode, retry) => {
    recorder.fail('sentry', mode);
    const evidence = await finalizeRelease(deployed('freetask@1.5.0+f004'), tracker(), attempt());
    expect(evidence.outcome).toMatchObject({ done: false, retry });
    expect(judgeFinalized(evidence).status).toBe('error');
    expect(JSON.stringify(evidence)).not.toContain(secret);
  });

  it('an unset token is an outcome, and nothing is sent', async () => {
    const before = recorder.received().length;
    const evidence = await finalizeRelease(deployed('freetask@1.5.0+f005'), tracker(''), attempt());
    expect(evidence.outcome).toMatchObject({ done: false, retry: false });
    expect(judgeFinalized(evidence).because).toContain('SENTRY_AUTH_TOKEN is not set');
    expect(recorder.received()).toHaveLength(before);
  });
});
