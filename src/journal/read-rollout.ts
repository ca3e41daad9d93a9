import { join } from 'node:path';
import { z } from 'zod';
import { foldRollout, type RolloutState } from '../core/rollout/advance.ts';
import type { RolloutRecord, TimedRolloutEvent } from '../core/rollout/record.ts';
import type { VerdictWord } from '../core/verdict.ts';
import { listFolders, readText } from '../system/files.ts';
import { journalName } from './folder-store.ts';
import { readLine } from './journal-line.ts';
import type { TargetStore } from './store.ts';

/** A finished or an open rollout. */
export interface PastRollout {
  readonly runId: string;
  readonly record: RolloutRecord;
  readonly state: RolloutState;
  /** Whether its report was written; false if it was killed after its last step. */
  readonly concluded: boolean;
  /** The word of its report. */
  readonly word?: VerdictWord;
  /** When it was planned and when its last event was appended, ISO 8601. */
  readonly startedAt: string;
  readonly lastAt: string;
  /** The settings of the router and the runtime when it was planned, by their path in the target file. */
  readonly drivers?: Readonly<Record<string, string>>;
}

/** The target's latest rollout by its sequence; undefined if there is none. Throws UserError for a journal that cannot be read. */
export async function latestRollout(store: TargetStore, reportsRoot: string): Promise<PastRollout | undefined> {
  const registered = (await store.runs.list()).toReversed();
  for (const { runId } of registered) {
    const found = readStoredRollout(runId, await store.runs.lines(runId), store);
    if (found) return { ...found, ...reportOf(await store.runs.read(runId, 'verdict.json')) };
  }
  return registered.length > 0 ? undefined : unregisteredRollout(store, reportsRoot);
}

type Report = Pick<PastRollout, 'concluded' | 'word'>;
type Read = Omit<PastRollout, keyof Report>;

const reportSchema = z.object({ verdict: z.object({ word: z.enum(['GO', 'NO-GO', 'HOLD']) }) });
const reportOf = (text: string | undefined): Report => {
  if (text === undefined) return { concluded: false };
  const parsed = reportSchema.safeParse(JSON.parse(text)).data;
  return { concluded: true, ...(parsed ? { word: parsed.verdict.word } : {}) };
};

/** A rollout that was recorded before targets had a store: in reports/, by its time. */
async function unregisteredRollout(store: TargetStore, reportsRoot: string): Promise<PastRollout | undefined> {
  const runs = (await listFolders(reportsRoot)).filter((runId) => /^\d{8}-\d{6}-deploy-/.test(runId)).toReversed();
  for (const runId of runs) {
    const folder = join(reportsRoot, runId);
    const lines = ((await readText(join(folder, journalName))) ?? '').split('\n').slice(0, -1);
    // A later version has registered it in the store of its target, which is another one of the same name.
    if (lines[0]?.startsWith('{"v":')) continue;
    const found = readStoredRollout(runId, lines, { ...store, place: reportsRoot });
    if (found) return { ...found, ...reportOf(await readText(join(folder, 'verdict.json'))) };
  }
  return undefined;
}

/** Version 1 told targets apart by their name and a hash of their router. */
const isKeyOf = (key: string, target: string): boolean =>
  key === target || (key.startsWith(`${target}-`) && /^[0-9a-f]{8}$/.test(key.slice(target.length + 1)));

/** undefined if the journal holds no plan of this target's. */
export function readStoredRollout(
  runId: string,
  lines: readonly string[],
  { place, target }: TargetStore,
): Read | undefined {
  let planned: Extract<ReturnType<typeof readLine>, { type: 'rollout-planned' }> | undefined;
  const events: TimedRolloutEvent[] = [];
  for (const [index, text] of lines.entries()) {
    const line = readLine(text, `${join(place, runId, journalName)}:${index + 1}`);
    if (line.type === 'rollout-planned') {
      if (!isKeyOf(line.targetKey, target)) return undefined;
      planned = line;
    } else if (line.type === 'rollout') events.push({ at: line.at, ...line.event });
    else if (line.type === 'sampled') events.push(line);
  }
  if (!planned) return undefined;
  const { plan, forecast, at, drivers } = planned;
  return {
    runId,
    record: { plan, forecast, events },
    state: foldRollout(plan, events),
    startedAt: at,
    lastAt: events.at(-1)?.at ?? at,
    ...(drivers ? { drivers } : {}),
  };
}
