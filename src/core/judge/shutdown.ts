import type { ShutdownEvidence } from '../shutdown-evidence.ts';
import { formatMs } from '../slo.ts';
import type { Judgement, JudgementStatus } from '../verdict.ts';

/** Clause 2.R4: the SOP's limit for requests in flight, in ms. */
const longestShutdownMs = 30_000;

/** Clause 2.R4: requests that were half sent at the stop are answered, and the process exits by itself with 0. */
export function judgeShutdown(evidence: ShutdownEvidence): Judgement {
  const dropped = evidence.inFlight.filter((request) => request.status === null || request.status >= 500);
  const { status, because } = decideShutdown(evidence, dropped.length);
  return {
    id: 'shutdown',
    title: 'Graceful shutdown',
    clauses: ['2.R4'],
    status,
    expected: `requests in flight answered, exit code 0 within ${formatMs(longestShutdownMs)}`,
    actual: `${evidence.inFlight.length - dropped.length} of ${evidence.inFlight.length} answered, exit code ${evidence.stopExitCode} after ${formatMs(evidence.stopDurationMs)}`,
    because,
    samples: evidence.inFlight.length,
    evidence: evidence.files,
    requestIds: dropped.flatMap((request) => request.requestId ?? []),
  };
}

function decideShutdown(evidence: ShutdownEvidence, dropped: number): { status: JudgementStatus; because: string } {
  // Evidence of earlier versions does not name the status.
  const { problems, inFlight, wanted = 201, stopExitCode, stopDurationMs, startedAgain } = evidence;
  if (problems.length > 0) return { status: 'error', because: problems.join('; ') };
  if (inFlight.length === 0) return { status: 'inconclusive', because: 'No request was in flight at the stop.' };
  if (dropped > 0) {
    const why = inFlight.find((request) => request.status === null)?.error ?? 'a status of 500 or more';
    return {
      status: 'fail',
      because: `${dropped} of ${inFlight.length} requests in flight were dropped by the shutdown: ${why}.`,
    };
  }
  const unexpected = inFlight.find(({ status }) => status !== null && status < 500 && status !== wanted);
  if (unexpected) {
    // Refused by its headers alone, it was over before the stop.
    return {
      status: 'error',
      because: `A request that should have been in flight was answered ${unexpected.status} instead of ${wanted}.`,
    };
  }
  if (stopExitCode !== 0)
    return { status: 'fail', because: `The instance did not exit with 0: exit code ${stopExitCode}.` };
  if (stopDurationMs > longestShutdownMs)
    return { status: 'fail', because: `The shutdown took ${formatMs(stopDurationMs)}.` };
  if (!startedAgain)
    return { status: 'error', because: 'The environment was not ready again after the start command.' };
  return { status: 'pass', because: 'Every request in flight was answered and the instances exited with 0.' };
}
