import { deployEnvironment, deployName, type FinalizeEvidence, isSameSecond } from '../tracked-release.ts';
import { endSentence } from '../slo.ts';
import type { Judgement, JudgementStatus } from '../verdict.ts';

/** What clause 3.3a is called where it is judged, and where it was not. */
export const deployCheck = { id: 'sentry.deploy', title: 'Sentry deploy finished', clauses: ['3.3a'] } as const;

/** Clause 3.3a by what Sentry's API returns afterwards: what was sent shows nothing. */
export function judgeFinalized(evidence: FinalizeEvidence): Judgement {
  const { deployed, release, deploy, files } = evidence;
  return {
    ...deployCheck,
    ...decide(evidence),
    expected: `${deployed.release} finalized, and its deploy to ${deployed.environment} listed with both times`,
    actual: release
      ? `${release.dateReleased === null ? 'not finalized' : `finalized ${release.dateReleased}`}, ${deploy ? `deploy ${deploy.dateStarted ?? 'without a start'} to ${deploy.dateFinished ?? 'without an end'}` : 'no deploy of this run'}`
      : 'not read back',
    evidence: files,
    requestIds: [],
  };
}

interface Decision {
  readonly status: JudgementStatus;
  readonly because: string;
}

function decide({ outcome, release, deploy, deployed, problems }: FinalizeEvidence): Decision {
  const [problem] = problems;
  if (problem !== undefined) return { status: 'error', because: endSentence(problem) };
  if (!outcome.done) return { status: 'error', because: endSentence(outcome.because) };
  if (!release) return { status: 'error', because: `The release ${deployed.release} could not be read back.` };
  const open = unconfirmed({ release, deploy, deployed });
  return open === undefined
    ? {
        status: 'pass',
        because: `Sentry has ${release.version} as finalized, and its deploy to ${deployed.environment} with start and end.`,
      }
    : { status: 'inconclusive', because: open };
}

/** What of it Sentry does not have; undefined where it has all. */
function unconfirmed({
  release,
  deploy,
  deployed,
}: Required<Pick<FinalizeEvidence, 'release' | 'deployed'>> & {
  readonly deploy: FinalizeEvidence['deploy'];
}): string | undefined {
  if (release.version !== deployed.release) return `Sentry answered for the release ${release.version}.`;
  if (release.dateReleased === null)
    return `Sentry has ${release.version} without a release date: it is not finalized.`;
  const environment = deployEnvironment(deployed.environment);
  if (!deploy || deploy.name !== deployName(deployed.runId) || deploy.environment !== environment)
    return `Sentry lists no deploy "${deployName(deployed.runId)}" of ${release.version} to ${environment}.`;
  const { dateStarted, dateFinished } = deploy;
  if (dateStarted === null || dateFinished === null) return 'The deploy is listed without its start or its end.';
  if (!isSameSecond(dateStarted, deployed.startedAt) || !isSameSecond(dateFinished, deployed.finishedAt))
    return `The deploy is listed from ${dateStarted} to ${dateFinished}, and it lasted from ${deployed.startedAt} to ${deployed.finishedAt}.`;
  return undefined;
}
