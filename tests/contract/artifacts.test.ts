import { mkdir, mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ArtifactsEvidence, ImageSettings } from '../../src/core/artifacts.ts';
import { judgeArtifacts } from '../../src/core/judge/artifacts.ts';
import { readRunningDigests } from '../../src/flows/preflight/running-digests.ts';
import { openStore } from '../../src/journal/index.ts';
import { recordedDigests } from '../../src/journal/recorded-digests.ts';
import { buildBundle } from '../../src/runners/build.ts';
import { buildImage } from '../../src/runners/image.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'artifacts-'));
  await mkdir(join(folder, 'run'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const runner = () => ({
  runFolder: join(folder, 'run'),
  projectRoot: folder,
  toolEnv: { PATH: process.env['PATH'] ?? '' },
  signal: new AbortController().signal,
  emit: () => undefined,
  mask: (text: string) => text.replaceAll('secret-value', '***'),
});

const judge = (evidence: Partial<ArtifactsEvidence>) =>
  judgeArtifacts({ bundle: { off: 'x' }, image: { off: 'x' }, ...evidence }).judgements[0];
const containing = (text: string) => expect.stringContaining(text) as string;

describe('the bundle is what the command writes', () => {
  const build = async (script: string, files = ['out/*.aab']) =>
    judge({
      bundle: await buildBundle(
        { command: ['sh', '-c', script], folder, path: [], files, timeoutMs: 10_000 },
        'freetask@1.5.0',
        runner(),
      ),
    });

  it('with its size and digest; the release is in its environment, and secrets are not in its output', async () => {
    expect(await build('mkdir -p out; printf "$APP_RELEASE" > out/app.aab; echo secret-value')).toMatchObject({
      status: 'pass',
      // printf freetask@1.5.0 | sha256sum
      actual: 'out/app.aab, 14 B, sha256:a93ae0b78012…',
    });
    expect(await readFile(join(folder, 'run/artifacts/bundle.stdout.log'), 'utf8')).toBe('***\n');
  });

  it.each([
    [
      'nothing was written',
      'echo "✓ Built out/app.aab"',
      { status: 'fail', because: containing('no file matches out/*.aab') },
    ],
    ['it is empty', 'mkdir out; : > out/app.aab', { status: 'fail', because: 'out/app.aab is empty.' }],
    ['it is a folder', 'mkdir -p out/app.aab', { status: 'fail', because: containing('no file matches') }],
    ['it is from an earlier build', 'true', { status: 'inconclusive', because: containing('older than the build') }],
    [
      'the build fails',
      'echo fine; echo "Error: no key" >&2; exit 3',
      { status: 'fail', because: containing('exit code 3: Error: no key') },
    ],
    ['the program does not exist', 'exec no-such-flutter', { status: 'error', because: containing('no-such-flutter') }],
  ])('%s', async (name, script, judgement) => {
    if (name === 'it is from an earlier build') {
      await mkdir(join(folder, 'out'));
      await writeFile(join(folder, 'out/app.aab'), 'old');
      await utimes(join(folder, 'out/app.aab'), 1_700_000_000, 1_700_000_000);
    }
    expect(await build(script)).toMatchObject(judgement);
  });
});

/** Strict: it knows these calls and no other; images are files named by their tag. */
const docker = `#!/bin/sh
set -eu
cd "$(dirname "$0")/images"
case "$*" in
  'build --tag freetask-api:'*' .') printf 'sha256:%s\\n' "$(cat ../content)" > "$3"; echo "naming to $3" ;;
  'image inspect --format {{.Id}} freetask-api:'*) cat "$5" 2>/dev/null || { echo "Error: No such image: $5" >&2; exit 1; } ;;
  'manifest digest freetask-api:'*) [ ! -e "registry-$3" ] || cat "registry-$3" ;;
  'inspect --format {{.Image}} '*) cat "running-$4" ;;
  *) echo "unknown call: $*" >&2; exit 64 ;;
esac
`;

describe('the image of a release has one digest', () => {
  const [one, two] = ['1'.repeat(64), '2'.repeat(64)];
  const settings = (change: Partial<ImageSettings> = {}): ImageSettings => ({
    command: ['docker', 'build', '--tag', '{tag}', '.'],
    folder,
    path: [join(folder, 'bin')],
    tag: 'freetask-api:{version}',
    digest: ['docker', 'image', 'inspect', '--format', '{{.Id}}', '{tag}'],
    published: ['docker', 'manifest', 'digest', '{tag}'],
    running: ['docker', 'inspect', '--format', '{{.Image}}', '{place}'],
    timeoutMs: 10_000,
    readTimeoutMs: 10_000,
    ...change,
  });
  const images = () => join(folder, 'bin/images');
  const write = (name: string, hex: string) => writeFile(join(images(), name), `sha256:${hex}\n`);
  const content = (hex: string) => writeFile(join(folder, 'bin/content'), hex);
  /** A run of one machine: its store is opened anew, on the folder that all machines share. */
  const run = async (runId: string, change: Partial<ImageSettings> = {}) => {
    await using store = openStore({ driver: 'folder', folder: join(folder, 'store') }, 'staging');
    const context = {
      release: 'freetask@1.5.0',
      runId,
      now: () => 0,
      records: recordedDigests(store),
      runner: runner(),
    };
    const image = await buildImage(settings(change), context);
    return { image, ...judge({ image }) };
  };

  beforeEach(async () => {
    await mkdir(images(), { recursive: true });
    await writeFile(join(folder, 'bin/docker'), docker, { mode: 0o755 });
    await content(one);
  });

  it('which the first run records, and every later one finds without another build', async () => {
    expect(await run('run-1')).toMatchObject({
      status: 'pass',
      actual: `sha256:${one}`,
      image: { tag: 'freetask-api:1.5.0', before: { absent: true }, kept: { runId: 'run-1' } },
    });
    await content(two);
    const second = await run('run-2');
    expect(second).toMatchObject({ status: 'pass', because: containing('Not built again: run-1') });
    expect(second.image).not.toHaveProperty('build');
  });

  it('another machine that builds another image is refused, with both digests and the first run', async () => {
    await run('run-1');
    await rm(join(images(), 'freetask-api:1.5.0'));
    await content(two);
    expect(await run('run-2')).toMatchObject({
      status: 'fail',
      because: containing(`sha256:${two}, and run-1 recorded sha256:${one}`),
    });
  });

  it('another machine uses the image in the registry', async () => {
    await run('run-1');
    await rm(join(images(), 'freetask-api:1.5.0'));
    await write('registry-freetask-api:1.5.0', one);
    const second = await run('run-2');
    expect(second).toMatchObject({ status: 'pass', actual: `sha256:${one}` });
    expect(second.image).not.toHaveProperty('build');
  });

  it('a tag that was moved is not overwritten', async () => {
    await run('run-1');
    await write('freetask-api:1.5.0', two);
    expect(await run('run-2')).toMatchObject({ status: 'fail', because: containing('It was not overwritten') });
    expect(await readFile(join(images(), 'freetask-api:1.5.0'), 'utf8')).toBe(`sha256:${two}\n`);
  });

  it('a tag in the registry with another digest is refused, and nothing is recorded', async () => {
    await write('registry-freetask-api:1.5.0', two);
    expect(await run('run-1')).toMatchObject({
      status: 'fail',
      because: containing(`in the registry it is sha256:${two} already`),
    });
    await rm(join(images(), 'registry-freetask-api:1.5.0'));
    expect(await run('run-2')).toMatchObject({ status: 'pass', image: { kept: { runId: 'run-2' } } });
  });

  it.each<[string, Partial<ImageSettings>, object]>([
    [
      'a build that tags another name',
      { command: ['docker', 'build', '--tag', 'freetask-api:latest', '.'] },
      { status: 'fail', because: containing('no image is tagged freetask-api:1.5.0') },
    ],
    [
      'a build that fails',
      { command: ['docker', 'bake'] },
      { status: 'fail', because: containing('unknown call: bake') },
    ],
    [
      'a digest that cannot be read',
      { digest: ['docker', 'ps', '{tag}'] },
      { status: 'error', because: containing('exit code 64') },
    ],
    [
      'a registry that cannot be read',
      { published: ['docker', 'pull', '{tag}'] },
      { status: 'error', because: containing('Nothing was built') },
    ],
    [
      'a digest of another form',
      { digest: ['echo', '{tag}'] },
      { status: 'error', because: containing('printed no digest') },
    ],
  ])('%s', async (_, change, judgement) => {
    expect(await run('run-1', change)).toMatchObject(judgement);
  });

  it('one of many concurrent runs records it', async () => {
    const claims = Array.from({ length: 8 }, async (_, index) => {
      await using store = openStore({ driver: 'folder', folder: join(folder, 'store') }, 'staging');
      const digest = `sha256:${String(index).repeat(64)}`;
      return await recordedDigests(store).claim('freetask@1.5.0', { digest, runId: `run-${index}`, at: '' });
    });
    expect(new Set((await Promise.all(claims)).map(({ runId }) => runId)).size).toBe(1);
  });

  it('what runs is asked place by place, or is what the runtime reports', async () => {
    await write('running-green-1', one);
    const place = { colour: 'green', surge: false, address: 'http://127.0.0.1:1', running: true } as const;
    const places = [
      { ...place, name: 'green-1' },
      { ...place, name: 'green-2' },
    ];
    const call = { env: runner().toolEnv, cwd: folder };
    expect(await readRunningDigests(places, settings(), call)).toEqual([
      { place: 'green-1', digests: [`sha256:${one}`] },
      { place: 'green-2', problem: containing('running-green-2') },
    ]);
    const { running: _, ...withoutCommand } = settings();
    const image = { id: `sha256:${one}`, digests: [`freetask-api@sha256:${two}`] };
    expect(
      await readRunningDigests(
        [
          { ...place, name: 'a', image },
          { ...place, name: 'b' },
          { ...place, name: 'c', running: false },
        ],
        withoutCommand,
        call,
      ),
    ).toEqual([
      { place: 'a', digests: [`sha256:${one}`, `sha256:${two}`] },
      { place: 'b', problem: containing('preflight.artifacts.image.running') },
      { place: 'c', problem: 'nothing runs there' },
    ]);
  });
});
