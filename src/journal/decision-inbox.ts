import { z } from 'zod';
import type { Decision } from '../core/rollout/decided.ts';
import { decisionSchema } from './rollout-schema.ts';
import type { RunRecords } from './store.ts';

/** A decision on its way to the process that executes the rollout, and that process's refusal of one. */
const requestName = 'decision.json';
const refusalName = 'decision-refused.json';

const refusalSchema = z.object({ id: z.string(), because: z.string() });
export type Refusal = z.output<typeof refusalSchema>;

type Runs = Pick<RunRecords, 'read' | 'write' | 'remove'>;

export interface DecisionInbox {
  readonly deliver: (decision: Decision) => Promise<void>;
  /** The decision that waits; one that cannot be read is removed. */
  readonly read: () => Promise<Decision | undefined>;
  readonly refuse: (refusal: Refusal) => Promise<void>;
  readonly readRefusal: () => Promise<Refusal | undefined>;
  /** Empties it. */
  readonly clear: () => Promise<void>;
}

export function openInbox(runs: Runs, runId: string): DecisionInbox {
  const clear = () => runs.remove(runId, requestName);
  return {
    deliver: async (decision) => {
      await runs.remove(runId, refusalName);
      await runs.write(runId, requestName, JSON.stringify(decision));
    },
    read: async () => {
      const text = await runs.read(runId, requestName);
      if (text === undefined) return undefined;
      const decision = parse(text, decisionSchema);
      if (!decision) await clear();
      return decision;
    },
    refuse: async (refusal) => {
      await runs.write(runId, refusalName, JSON.stringify(refusal));
      await clear();
    },
    readRefusal: async () => {
      const text = await runs.read(runId, refusalName);
      return text === undefined ? undefined : parse(text, refusalSchema);
    },
    clear,
  };
}

function parse<T>(text: string, schema: z.ZodType<T>): T | undefined {
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
