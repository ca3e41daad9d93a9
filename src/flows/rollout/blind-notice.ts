import { type ChannelMessage, type CourtesyOutcome, reportUrlOf } from '../../core/courtesy.ts';
import { type Blind, describeBlind } from '../../core/rollout/blind.ts';
import { describeShares } from '../../core/rollout/step.ts';
import { formatMs } from '../../core/slo.ts';
import type { RolloutRun } from './run.ts';

/** The end of a run in which nothing could be measured for too long: HOLD, with what to type. */
export const endBlind = (blind: Blind, run: RolloutRun): { readonly paused: string; readonly blind: Blind } => ({
  paused: `${describeBlind(blind)}. Nothing is shifted or rolled back without measurements. ${commandsOf(run)}.`,
  blind,
});

function commandsOf(run: RolloutRun): string {
  const { plan } = run.state();
  const target = run.targetArgument ?? run.targetOf(plan.live).name;
  const command = (flag: string) => `npm run ${plan.verb ?? 'deploy'} -- --target ${target} ${flag}`;
  return `Once it can be read again, type ${command('--resume')}; ${command('--abort')} rolls back`;
}

const timeoutMs = 5000;
const firstPauseMs = 1000;

/** The incident channel gets one message for each time that a run ends so; it can neither change nor delay the rollout. */
export async function notifyBlind(blind: Blind, run: RolloutRun): Promise<void> {
  const { channel, retryMs = 0 } = run.courtesies ?? {};
  if (!channel) return;
  const message = messageOf(blind, run);
  const deadline = run.clock.monotonic() + retryMs;
  let uncertain = false;
  for (let pauseMs = firstPauseMs; ; pauseMs *= 2) {
    const outcome: CourtesyOutcome = await channel.send(message, { signal: run.signal, timeoutMs, uncertain });
    if (outcome.done) return run.emit({ type: 'note', text: `incident channel notified: ${outcome.summary}` });
    uncertain ||= outcome.uncertain;
    const waitMs = Math.max(pauseMs, outcome.retryAfterMs ?? 0);
    if (!outcome.retry || run.signal.aborted || run.clock.monotonic() + waitMs > deadline)
      return run.emit({ type: 'note', text: `the incident channel was not notified: ${outcome.because}` });
    await run.clock.sleep(waitMs, run.signal);
  }
}

function messageOf(blind: Blind, run: RolloutRun): ChannelMessage {
  const { plan, shares, stage } = run.state();
  const { runId } = run.evidence;
  const { name } = run.targetOf(plan.live);
  const { reportUrl } = reportUrlOf(run.courtesies, runId);
  return {
    marker: `${runId} blind ${blind.since ?? ''}`,
    notBefore: blind.since ?? new Date(run.clock.now()).toISOString(),
    title: `HOLD, not observed: ${plan.release} on ${name}`,
    facts: [
      ['Target', name],
      ['Release', `${plan.release}, ${plan.strategy}${stage ? `, at ${stage.share} %` : ''}`],
      ['Not observed', `for ${formatMs(blind.lengthMs)}, since ${blind.since ?? 'an unknown time'}`],
      ['Cause', blind.problem ?? 'unknown'],
      [
        'Traffic',
        `${shares ? describeShares(shares) : 'not shifted'}; nothing is shifted or rolled back without measurements`,
      ],
      ['Next', commandsOf(run)],
      ['Run', runId],
    ],
    lists: [],
    links: reportUrl === undefined ? [] : [{ text: 'Report', url: reportUrl }],
  };
}
