import { join } from 'node:path';
import { z } from 'zod';
import { parseJson } from '../core/parsed-json.ts';
import { strategies, type Strategy } from '../core/rollout/plan.ts';
import { journalName } from './folder-store.ts';
import { readLine } from './journal-line.ts';
import type { TargetStore } from './store.ts';

/** A release whose preflight has not passed yet: its rollout is not planned, and `--resume` continues the preflight. */
export interface WaitingRelease {
  readonly runId: string;
  readonly release: string;
  /** How it is to be shipped, where the operator chose. */
  readonly strategy?: Strategy;
  /** Why it waits; absent where its process was killed. */
  readonly because?: string;
}

const evidenceSchema = z.object({
  plan: z.object({ expectedRelease: z.string() }),
  strategy: z.enum(strategies).exactOptional(),
});
const verdictSchema = z.object({ verdict: z.object({ word: z.enum(['GO', 'NO-GO', 'HOLD']), because: z.string() }) });

/** The target's latest run, if it is such a release. One that was refused does not wait. */
export async function waitingRelease({ runs, place }: TargetStore): Promise<WaitingRelease | undefined> {
  const last = (await runs.list()).at(-1);
  if (!last) return undefined;
  const { runId } = last;
  const lines = await runs.lines(runId);
  const isPlanned = (text: string, index: number) =>
    readLine(text, `${join(place, runId, journalName)}:${index + 1}`).type === 'rollout-planned';
  if (lines.some(isPlanned)) return undefined;
  const evidence = await runs.read(runId, 'evidence.json');
  const planned = evidence === undefined ? undefined : evidenceSchema.safeParse(parseJson(evidence)).data;
  if (!planned) return undefined;
  const text = await runs.read(runId, 'verdict.json');
  const verdict = text === undefined ? undefined : verdictSchema.safeParse(parseJson(text)).data?.verdict;
  if (verdict && verdict.word !== 'HOLD') return undefined;
  const { plan, ...asked } = planned;
  return { runId, release: plan.expectedRelease, ...asked, ...(verdict ? { because: verdict.because } : {}) };
}
