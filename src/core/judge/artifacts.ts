import {
  type ArtifactsEvidence,
  type BundleEvidence,
  compareDigests,
  formatBytes,
  type RunningEvidence,
} from '../artifacts.ts';
import { formatCount, formatMs } from '../slo.ts';
import type { Unmeasured } from '../unmeasured.ts';
import type { Judgement, NotChecked } from '../verdict.ts';
import { type Decision, failedBuild } from './failed-build.ts';
import { judgeImage } from './image.ts';
import type { Judged } from './judged.ts';
import { withoutEvidence } from './unmeasured.ts';

const bundle = { id: 'artifact.bundle', title: 'Release bundle of the app', clauses: ['1.3a'] } as const;
const image = { id: 'artifact.image', title: 'Image of the API', clauses: ['1.3b'] } as const;
const running = { id: 'artifact.running', title: 'Image that runs', clauses: ['1.3b'] } as const;

/** Clause 1.3: the bundle and the image. */
export function judgeArtifacts(evidence: ArtifactsEvidence): Judged {
  const judgements: Judgement[] = [];
  const notChecked: NotChecked[] = [];
  if (isMeasured(evidence.bundle)) judgements.push({ ...bundle, ...judgeBundle(evidence.bundle) });
  else notChecked.push(withoutEvidence(bundle, evidence.bundle));
  if (isMeasured(evidence.image)) judgements.push({ ...image, ...judgeImage(evidence.image) });
  else notChecked.push(withoutEvidence(image, evidence.image));
  return { judgements, notChecked };
}

const isMeasured = <T extends object>(piece: T | Unmeasured): piece is T => !('off' in piece) && !('missing' in piece);

function judgeBundle(evidence: BundleEvidence): Omit<Judgement, 'id' | 'title' | 'clauses'> {
  const { actual = 'no bundle', ...decision } = decideBundle(evidence);
  return {
    ...decision,
    expected: 'built by this run, and not empty',
    actual,
    evidence: evidence.files,
    requestIds: [],
  };
}

/** A file system's clock may be this far behind the one that the build was timed by. */
const clockGapMs = 100;

function decideBundle({ patterns, problems, ...build }: BundleEvidence): Decision {
  const failed = failedBuild(build);
  if (failed) return failed;
  const [problem] = problems;
  if (problem !== undefined) return { status: 'error', because: `${problem}.` };
  const command = `\`${build.outcome.command.join(' ')}\``;
  const none = patterns.find(({ found }) => found.length === 0);
  if (none || patterns.length === 0) {
    const what = none ? `no file matches ${none.pattern}` : 'the target file names no file of the bundle';
    return { status: 'fail', because: `${command} ended with exit code 0, and ${what}.` };
  }
  const files = patterns.flatMap(({ found }) => found);
  const empty = files.find(({ bytes }) => bytes === 0);
  if (empty) return { status: 'fail', because: `${empty.path} is empty.`, actual: `${empty.path}, 0 B` };
  const startedMs = Date.parse(build.outcome.startedAt);
  const stale = files.find(({ modifiedAt }) => Date.parse(modifiedAt) < startedMs - clockGapMs);
  if (stale)
    return {
      status: 'inconclusive',
      because: `${stale.path} is older than the build: written at ${stale.modifiedAt}, and ${command} began at ${build.outcome.startedAt}.`,
      actual: `${stale.path}, stale`,
    };
  return { status: 'pass', because: `Built in ${formatMs(build.outcome.durationMs)}.`, actual: describeFiles(files) };
}

function describeFiles(files: BundleEvidence['patterns'][number]['found']): string {
  const [only, ...others] = files;
  const bytes = formatBytes(files.reduce((sum, file) => sum + file.bytes, 0));
  if (!only || others.length > 0) return `${formatCount(files.length)} files, ${bytes}`;
  return `${only.path}, ${bytes}, sha256:${only.sha256.slice(0, 12)}…`;
}

/** Clause 1.3b after the start of the release: what runs is what the preflight recorded. */
export function judgeRunning({ release, recorded, running: places }: RunningEvidence): Judgement | NotChecked {
  if (!recorded)
    return {
      ...running,
      reason: 'skipped',
      because: `no preflight recorded the digest of ${release}`,
      required: false,
    };
  const compared = compareDigests(recorded.digest, places);
  const names = (comparison: string) =>
    compared.filter((each) => each.comparison === comparison).map(({ place }) => place);
  const base = {
    ...running,
    expected: recorded.digest,
    actual: `${names('same').length} of ${compared.length} instances run it`,
    samples: compared.length,
    evidence: [],
    requestIds: [],
  };
  const [other] = names('other');
  const found = places.find(({ place }) => place === other);
  if (other !== undefined && found && 'digests' in found)
    return {
      ...base,
      status: 'fail',
      because: `${other} runs ${found.digests.join(', ')}, and ${recorded.runId} recorded ${recorded.digest} for ${release}.`,
    };
  const [unknown] = names('unknown');
  if (unknown !== undefined || compared.length === 0) {
    const why = places.find(({ place }) => place === unknown);
    const because =
      unknown === undefined
        ? 'Nothing runs.'
        : `${unknown}: ${why && 'problem' in why ? why.problem : 'its digest is not known'}.`;
    return { ...base, status: 'inconclusive', because };
  }
  return { ...base, status: 'pass', because: `Every instance runs the image that ${recorded.runId} recorded.` };
}
