import { type DigestAnswer, digestOf, type ImageEvidence } from '../artifacts.ts';
import type { Judgement } from '../verdict.ts';
import { type Decision, failedBuild } from './failed-build.ts';

/** Clause 1.3b: the image of the release has its tag, and always the same digest. */
export function judgeImage(evidence: ImageEvidence): Omit<Judgement, 'id' | 'title' | 'clauses'> {
  const { actual = digestOf(evidence) ?? 'no image', ...decision } = decideImage(evidence);
  return {
    ...decision,
    expected: `an image tagged ${evidence.tag}, with one digest for every run`,
    actual,
    evidence: evidence.files,
    requestIds: [],
  };
}

function decideImage(evidence: ImageEvidence): Decision {
  return refused(evidence) ?? unbuilt(evidence) ?? isAnother(evidence) ?? passed(evidence);
}

const digestIn = (answer: DigestAnswer | undefined): string | undefined =>
  answer && 'digest' in answer ? answer.digest : undefined;
const problemIn = (answer: DigestAnswer | undefined): string | undefined =>
  answer && 'problem' in answer ? answer.problem : undefined;

/** What forbids a build: another image has the tag, or it is not known which. */
function refused({ release, tag, recorded, before, published, build }: ImageEvidence): Decision | undefined {
  const first = recorded && `${recorded.runId} recorded ${recorded.digest} for ${release}`;
  for (const [where, answer] of [
    ['in the registry', published],
    ['on this machine', build ? undefined : before],
  ] as const) {
    const digest = digestIn(answer);
    if (recorded && digest !== undefined && digest !== recorded.digest)
      return {
        status: 'fail',
        because: `${tag} ${where} is ${digest}, and ${first}. It was not overwritten.`,
        actual: digest,
      };
  }
  const problem = problemIn(published) ?? (recorded && !build ? problemIn(before) : undefined);
  return problem === undefined ? undefined : { status: 'error', because: `${problem}. Nothing was built.` };
}

/** Why there is no image with the tag after the build. */
function unbuilt({ tag, build, built, problems }: ImageEvidence): Decision | undefined {
  const failed = build && failedBuild(build);
  if (failed) return failed;
  const command = build && `\`${build.outcome.command.join(' ')}\``;
  if (built && 'absent' in built)
    return { status: 'fail', because: `${command} ended with exit code 0, and no image is tagged ${tag}.` };
  const problem = problemIn(built) ?? problems[0];
  if (problem !== undefined) return { status: 'error', because: `${problem}.` };
  return undefined;
}

/** Two images of one release: the first that was published or recorded is the release. */
function isAnother(evidence: ImageEvidence): Decision | undefined {
  const { release, tag, published, recorded, kept } = evidence;
  const digest = digestOf(evidence);
  const there = digestIn(published);
  if (digest !== undefined && there !== undefined && digest !== there)
    return {
      status: 'fail',
      because: `${tag} was built as ${digest}, and in the registry it is ${there} already. It was not overwritten.`,
    };
  if (digest === undefined || !kept) return { status: 'error', because: 'The digest was not recorded.' };
  const first = [recorded, kept].find((record) => record && record.digest !== digest);
  return (
    first && {
      status: 'fail',
      because: `${tag} is ${digest}, and ${first.runId} recorded ${first.digest} for ${release}. Pull that image, or build under another release name.`,
    }
  );
}

function passed({ tag, build, recorded, kept }: ImageEvidence): Decision {
  if (!build) return { status: 'pass', because: `Not built again: ${kept?.runId} recorded the digest of ${tag}.` };
  const because = recorded
    ? `The build made the image that ${recorded.runId} recorded.`
    : `The digest of ${tag} is recorded; every later run of this release has to find it.`;
  return { status: 'pass', because };
}
