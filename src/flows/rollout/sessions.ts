import type { RolloutRecord } from '../../core/rollout/record.ts';
import type { RolloutRun } from './run.ts';

/** Clause 3.2b, once all traffic is on the release: its sessions since users first got it. */
export async function readSessionsOfRelease(run: RolloutRun): Promise<void> {
  const from = firstShift(run.record());
  if (!run.crashFree || run.state().phase !== 'promoted' || from === undefined) return;
  run.emit({ type: 'step-started', step: 'sessions', title: 'Crash-free sessions' });
  const began = run.clock.monotonic();
  run.evidence.sessions = await run.crashFree.read({ release: run.state().plan.release, from });
  await run.saveEvidence();
  const durationMs = run.clock.monotonic() - began;
  run.emit({ type: 'step-finished', step: 'sessions', durationMs, summary: 'asked for' });
}

const firstShift = ({ events }: RolloutRecord): string | undefined =>
  events.find((event) => event.type === 'done' && bringsUsers.has(event.step.do))?.at;

/** The first traffic of a rollout; of a release that was shipped otherwise, the start of its watch. */
const bringsUsers: ReadonlySet<string> = new Set(['shift', 'join', 'adopt']);
