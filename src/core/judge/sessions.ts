import type { SessionsEvidence } from '../evidence.ts';
import type { Slo } from '../slo.ts';
import type { Judgement } from '../verdict.ts';
import { judgeRate } from './rate.ts';

/** Clause 3.2b from the sessions that were reported of a release: none, or too few, decide nothing. */
export function judgeSessions(evidence: SessionsEvidence, slo: Slo): Judgement {
  const { count = { events: 0, trials: 0 }, problems, projects, release, files } = evidence;
  const judgement = judgeRate({ source: 'sentry', title: slo.title, slo, count, evidence: files });
  if (problems.length > 0) return { ...judgement, status: 'error', because: `${problems.join('; ')}.`, samples: 0 };
  if (count.trials === 0)
    return {
      ...judgement,
      actual: 'no sessions',
      because: `Sentry has no sessions of ${release} since ${evidence.from}.`,
    };
  if (projects < 2) return judgement;
  return { ...judgement, because: `${judgement.because} Sessions of ${projects} projects together.` };
}
