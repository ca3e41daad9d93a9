import {
  decideBuild,
  type DigestAnswer,
  digestOf,
  type ImageEvidence,
  type ImageSettings,
  readDigest,
  type RecordedDigest,
} from '../core/artifacts.ts';
import type { Command } from '../core/command.ts';
import { messageOf } from '../core/errors.ts';
import { versionOf } from '../core/platform.ts';
import { askCommand, fillCommand } from '../system/command.ts';
import { buildLogs, runBuild } from './build.ts';
import type { RunnerContext } from './runner.ts';
import { withPath } from './tool-path.ts';

/** The digests of a target's releases, each the one that was recorded first. */
export interface DigestRecords {
  readonly read: (release: string) => Promise<RecordedDigest | undefined>;
  /** Records the digest unless there is one; resolves with the one that counts. */
  readonly claim: (release: string, record: RecordedDigest) => Promise<RecordedDigest>;
}

interface ImageContext {
  readonly release: string;
  readonly runId: string;
  readonly now: () => number;
  readonly records: DigestRecords;
  readonly runner: RunnerContext;
}

/** Clause 1.3b: the image of the release, built unless it was before, and its digest recorded. Nothing is pushed. */
export async function buildImage(settings: ImageSettings, context: ImageContext): Promise<ImageEvidence> {
  const { release, runner, records } = context;
  const facts = { release, version: versionOf(release) };
  const tag = fillCommand(['', settings.tag], facts)[1] ?? '';
  const fill = (command: Command) => fillCommand(command, { ...facts, tag });
  const read = (command: Command) => askDigest(fill(command), settings, runner);
  let evidence: ImageEvidence = { release, tag, files: [], problems: [], before: await read(settings.digest) };
  if (settings.published) evidence = { ...evidence, published: await read(settings.published) };
  try {
    const recorded = await records.read(release);
    if (recorded) evidence = { ...evidence, recorded };
    const decision = decideBuild(evidence);
    if ('refuse' in decision) return evidence;
    if ('keep' in decision) return { ...evidence, ...(recorded ? { kept: recorded } : {}) };
    const build = await runBuild('image', { ...settings, command: fill(settings.command) }, release, runner);
    evidence = { ...evidence, files: Object.values(buildLogs('image')), build };
    if (build.outcome.exitCode !== 0) return evidence;
    evidence = { ...evidence, built: await read(settings.digest) };
    return await keepDigest(evidence, context);
  } catch (error) {
    return { ...evidence, problems: [`the digest of ${release} could not be recorded: ${messageOf(error)}`] };
  }
}

/** A digest that the registry contradicts is not recorded: it never becomes the release. */
async function keepDigest(
  evidence: ImageEvidence,
  { release, runId, now, records }: ImageContext,
): Promise<ImageEvidence> {
  const { published } = evidence;
  const digest = digestOf(evidence);
  if (digest === undefined) return evidence;
  if (published && 'digest' in published && published.digest !== digest) return evidence;
  const kept = await records.claim(release, { digest, runId, at: new Date(now()).toISOString() });
  return { ...evidence, kept };
}

async function askDigest(
  command: Command,
  { folder, path, readTimeoutMs }: ImageSettings,
  { toolEnv, signal, mask }: RunnerContext,
): Promise<DigestAnswer> {
  const env = withPath(toolEnv, path);
  const answer = await askCommand(command, { env, cwd: folder, signal, timeoutMs: readTimeoutMs });
  const { exitCode, stdout, stderr } = answer;
  return readDigest({ exitCode, stdout: mask(stdout), stderr: mask(stderr) }, mask(command.join(' ')));
}
