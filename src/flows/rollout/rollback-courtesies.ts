import { type Attempt, type CourtesyOutcome, reportUrlOf } from '../../core/courtesy.ts';
import { messageOf, UserError } from '../../core/errors.ts';
import { isFinished, type StepOutcome } from '../../core/rollout/advance.ts';
import { receiptOf } from '../../core/rollout/receipt.ts';
import { incidentMessage } from '../../core/rollout/incident.ts';
import { stepInfo } from '../../core/rollout/step-info.ts';
import { type RolloutStep } from '../../core/rollout/step.ts';
import { formatMs } from '../../core/slo.ts';
import { parseCourtesyData } from '../../journal/courtesy-data.ts';
import { renderRetroTicket } from '../../report/index.ts';
import { stepFailed } from './release-steps.ts';
import { signalOf } from './retry.ts';
import type { RolloutRun } from './run.ts';

type CourtesyStep = Extract<RolloutStep, { do: 'notify-incident' | 'open-ticket' | 'record-failed-deploy' }>;

/** Limit of one request while the rollback goes on, and of one afterwards. */
const firstTimeoutMs = 5000;
const laterTimeoutMs = 10_000;

/** Clauses 4.2.4 and 4.2.5: one attempt; what fails is reported now and retried once the rollback is over. */
export const performCourtesy = (step: CourtesyStep, run: RolloutRun): Promise<StepOutcome> =>
  attempt(step, run, { signal: signalOf(run), timeoutMs: firstTimeoutMs });

async function attempt(
  step: CourtesyStep,
  run: RolloutRun,
  limits: Pick<Attempt, 'signal' | 'timeoutMs'>,
): Promise<StepOutcome> {
  const earlier = earlierAttempts(step, run);
  if (earlier.delivered) return { summary: earlier.delivered, data: { delivered: true } };
  const outcome = await perform(step, run, { ...limits, uncertain: earlier.uncertain });
  if (outcome.done) {
    const { summary, url } = outcome;
    return { summary: url === undefined ? summary : `${summary}: ${url}`, data: { delivered: true } };
  }
  const { because, retry, uncertain, retryAfterMs } = outcome;
  return {
    summary: 'not done',
    problems: [because],
    data: { delivered: false, retry, uncertain, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) },
  };
}

async function perform(step: CourtesyStep, run: RolloutRun, how: Attempt): Promise<CourtesyOutcome> {
  const { channel, tickets, releases } = run.courtesies ?? {};
  const { runId } = run.evidence;
  const record = run.record();
  const startedAt = record.events[0]?.at ?? new Date(run.clock.now()).toISOString();
  const facts = {
    runId,
    target: run.targetOf(run.state().plan.live).name,
    record,
    ...reportUrlOf(run.courtesies, runId),
  };
  switch (step.do) {
    case 'notify-incident':
      if (!channel) throw stepFailed('The target file names no `incident.slack` any more.');
      return channel.send({ ...incidentMessage(facts), marker: `${runId} incident`, notBefore: startedAt }, how);
    case 'open-ticket':
      if (!tickets) throw stepFailed('The target file names no `incident.github` any more.');
      return tickets.open({ ...renderRetroTicket(facts), marker: `${runId} retro`, notBefore: startedAt }, how);
    case 'record-failed-deploy': {
      if (!releases) throw stepFailed('The target file names no `sentry` any more.');
      const finishedAt = receiptOf(record)?.startedAt ?? startedAt;
      const { release } = record.plan;
      const deploy = { runId, release, environment: facts.target, startedAt, finishedAt };
      return releases.recordFailedDeploy({ ...deploy, ...reportUrlOf(run.courtesies, runId) }, how);
    }
  }
}

interface Earlier {
  /** What was reported of the attempt that succeeded. */
  readonly delivered?: string;
  /** An attempt may have succeeded without this process knowing. */
  readonly uncertain: boolean;
}

/** What the journal knows of the attempts before this one, whose `intended` is its last event. */
function earlierAttempts(step: CourtesyStep, run: RolloutRun): Earlier {
  const { id } = stepInfo(step);
  let uncertain = false;
  let open = false;
  for (const event of run.record().events.slice(0, -1)) {
    if (!('step' in event) || stepInfo(event.step).id !== id) continue;
    if (event.type === 'intended') {
      uncertain ||= open;
      open = true;
    } else if (event.type === 'done') {
      const data = parseCourtesyData(event.data);
      if (data.delivered) return { delivered: event.summary, uncertain: false };
      open = false;
      uncertain ||= data.uncertain;
    } else {
      open = false;
      uncertain = true;
    }
  }
  return { uncertain: uncertain || open };
}

const isUndelivered = (step: RolloutStep): step is CourtesyStep =>
  step.do === 'notify-incident' || step.do === 'open-ticket' || step.do === 'record-failed-deploy';

interface Undelivered {
  readonly step: CourtesyStep;
  readonly retryAfterMs: number;
}

/** What was not delivered and may be by another attempt. */
function undelivered(run: RolloutRun): readonly Undelivered[] {
  return run
    .state()
    .steps.filter(isUndelivered)
    .flatMap((step): Undelivered[] => {
      const { id } = stepInfo(step);
      const last = run.record().events.findLast((event) => 'step' in event && stepInfo(event.step).id === id);
      if (last?.type !== 'done') return last?.type === 'intended' ? [{ step, retryAfterMs: 0 }] : [];
      const { delivered, retry, retryAfterMs = 0 } = parseCourtesyData(last.data);
      return !delivered && retry ? [{ step, retryAfterMs }] : [];
    });
}

const firstPauseMs = 1000;
const longestPauseMs = 15_000;

/** After the rollback: what could not be delivered is tried again with growing pauses, for a bounded time. */
export async function retryCourtesies(run: RolloutRun): Promise<void> {
  const { phase } = run.state();
  if (!isFinished(run.state()) || phase === 'promoted' || run.journalError() !== undefined) return;
  const deadline = run.clock.monotonic() + (run.courtesies?.retryMs ?? 0);
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
    const open = undelivered(run);
    const waitMs = Math.max(pauseMs, ...open.map(({ retryAfterMs }) => retryAfterMs));
    const leftMs = deadline - run.clock.monotonic();
    if (open.length === 0 || run.signal.aborted || waitMs > leftMs) return;
    const titles = open.map(({ step }) => stepInfo(step).title).join(', ');
    const text = `not done yet: ${titles}; tried again in ${formatMs(waitMs)}, for another ${formatMs(leftMs)} at most`;
    run.emit({ type: 'note', text });
    await run.clock.sleep(waitMs, run.signal);
    for (const { step } of open) {
      try {
        if (run.signal.aborted) return;
        await run.append({ type: 'intended', step });
        const outcome = await attempt(step, run, { signal: run.signal, timeoutMs: laterTimeoutMs });
        await run.append({ type: 'done', step, ...outcome });
      } catch (error) {
        // The rollback itself is over and stays so, whatever becomes of its reports.
        run.emit({ type: 'note', text: `${stepInfo(step).title}: ${messageOf(error)}` });
        if (error instanceof UserError || run.journalError() !== undefined) return;
      }
    }
  }
}
