import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { UserError } from '../core/errors.ts';
import { foldRollout, type RolloutState } from '../core/rollout/advance.ts';
import type { RolloutRecord, TimedRolloutEvent } from '../core/rollout/record.ts';
import { fileExists, listFolders, readText } from '../system/files.ts';
import { plannedLineSchema, rolloutLineSchema } from './rollout-schema.ts';
import { upgrade } from './upgrade.ts';

/** A finished or an open rollout. */
export interface PastRollout {
  readonly runId: string;
  /** Absolute. */
  readonly path: string;
  readonly record: RolloutRecord;
  readonly state: RolloutState;
  /** Whether its report was written; false if it was killed after its last step. */
  readonly concluded: boolean;
  /** When it was planned and when its last event was appended, ISO 8601. */
  readonly startedAt: string;
  readonly lastAt: string;
}

/** Identifies a target by its name and router, so that two sandboxes are two targets. */
export const targetKeyOf = (name: string, router: unknown): string =>
  `${name}-${createHash('sha256').update(JSON.stringify(router)).digest('hex').slice(0, 8)}`;

/** The latest rollout of a target; undefined if there is none. Throws UserError for a journal that cannot be read. */
export async function latestRollout(reportsRoot: string, targetKey: string): Promise<PastRollout | undefined> {
  const runs = (await listFolders(reportsRoot)).filter((runId) => /^\d{8}-\d{6}-deploy-/.test(runId)).toReversed();
  for (const runId of runs) {
    const path = join(reportsRoot, runId);
    const found = await readRollout(runId, path, targetKey);
    if (found) return found;
  }
  return undefined;
}

async function readRollout(runId: string, path: string, targetKey: string): Promise<PastRollout | undefined> {
  const file = join(path, 'journal.ndjson');
  const lines = ((await readText(file)) ?? '').split('\n');
  // The last piece is empty, or a line that was cut off by a crash during its write.
  lines.pop();
  let planned: ReturnType<typeof plannedLineSchema.parse> | undefined;
  const events: TimedRolloutEvent[] = [];
  for (const [index, text] of lines.entries()) {
    const written = parseLine(text, file, index + 1);
    const line = upgrade(written, written['v'] ?? 1, `${file}:${index + 1}`) as Record<string, unknown>;
    if (line['type'] === 'rollout-planned') {
      if (line['targetKey'] !== targetKey) return undefined;
      planned = read(plannedLineSchema, line, file, index + 1);
    } else if (line['type'] === 'rollout') {
      const { at, event } = read(rolloutLineSchema, line, file, index + 1);
      events.push({ at, ...event });
    }
  }
  if (!planned) return undefined;
  const { plan, forecast, at } = planned;
  const record: RolloutRecord = { plan, forecast, events };
  return {
    runId,
    path,
    record,
    state: foldRollout(plan, events),
    concluded: await fileExists(join(path, 'verdict.json')),
    startedAt: at,
    lastAt: events.at(-1)?.at ?? at,
  };
}

function parseLine(text: string, file: string, number: number): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch (error) {
    throw damaged(file, number, error);
  }
}

function read<T>(schema: { parse: (value: unknown) => T }, line: unknown, file: string, number: number): T {
  try {
    return schema.parse(line);
  } catch (error) {
    throw damaged(file, number, error);
  }
}

const damaged = (file: string, number: number, cause: unknown): UserError =>
  new UserError(
    `${file}:${number} cannot be read, so the state of this rollout is unknown.`,
    ['repair the line, or move the folder away and check the router: npm run status'],
    { cause },
  );
