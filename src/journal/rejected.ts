import { z } from 'zod';
import type { Phase } from '../core/rollout/advance.ts';
import { readStoredRollout } from './read-rollout.ts';
import type { TargetStore } from './store.ts';

/** The run that rolled a release back. */
export interface Rejection {
  readonly runId: string;
  readonly because: string;
}

interface Ended {
  readonly release: string;
  readonly phase: Phase;
  readonly because: string;
}

const verdictSchema = z.object({
  verdict: z.object({ because: z.string() }),
  rollout: z.object({
    release: z.string(),
    phase: z.enum(['planned', 'progressing', 'rolling-back', 'promoted', 'rolled-back', 'rollback-failed']),
  }),
});

/** The latest rollout of this release, by any machine, if it was rolled back: the release is rejected. */
export async function rejectionOf(store: TargetStore, release: string): Promise<Rejection | undefined> {
  for (const { runId } of (await store.runs.list()).toReversed()) {
    const ended = await endOf(store, runId);
    if (ended?.release !== release || ended.phase === 'planned') continue;
    const { phase, because } = ended;
    return phase === 'rolled-back' || phase === 'rollback-failed' ? { runId, because } : undefined;
  }
  return undefined;
}

/** From its verdict, which is short; a run that was killed before it wrote one is folded from its journal. */
async function endOf(store: TargetStore, runId: string): Promise<Ended | undefined> {
  const text = await store.runs.read(runId, 'verdict.json');
  const verdict = text === undefined ? undefined : verdictSchema.safeParse(JSON.parse(text)).data;
  if (verdict) return { ...verdict.rollout, because: verdict.verdict.because };
  const found = readStoredRollout(runId, await store.runs.lines(runId), store);
  return found && { release: found.record.plan.release, phase: found.state.phase, because: found.state.because };
}
