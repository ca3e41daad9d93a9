import type { DatabaseEvidence, PendingMigration } from '../../src/core/database.ts';
import { judgeDatabase } from '../../src/core/judge/database.ts';
import type { Difference } from '../../src/core/schema/difference.ts';
import type { Judgement } from '../../src/core/verdict.ts';

export const difference = (change: Partial<Difference> = {}): Difference => ({
  object: 'column jobs.deadline',
  change: 'added',
  class: 'expand',
  reason: 'an INSERT that does not name it stores NULL',
  ...change,
});
export const broken = difference({
  object: 'column jobs.bio',
  change: 'removed',
  class: 'contract',
  breaks: 'SELECT bio FROM jobs fails: column "bio" does not exist',
});
export const migration = (change: Partial<PendingMigration> = {}): PendingMigration => ({
  id: '002-deadline',
  class: 'expand',
  because: 'not declared',
  declared: false,
  revertible: true,
  durationMs: 4,
  differences: [difference()],
  changedSchema: true,
  schemaStatements: 1,
  ...change,
});
export const lint = { version: '2.61.0', read: ['002-deadline'], findings: [], problems: [] };
export const evidence = (change: Partial<DatabaseEvidence> = {}): DatabaseEvidence => ({
  files: ['database/schema-before.json'],
  release: 'freetask@1.5.0',
  driver: 'command',
  listed: 2,
  problems: [],
  pending: [migration()],
  scratch: { database: 'shiproom_scratch_1', serverVersion: 180_004, objects: 9 },
  lint,
  live: { serverVersion: 180_003, sizes: [{ table: 'jobs', rows: 10, bytes: 8192 }], drift: [] },
  lock: { timeoutMs: 2000, retries: 4 },
  largeTable: { rows: 1000, bytes: 1024 * 1024 },
  ...change,
});
export const judged = (change: Partial<DatabaseEvidence>, id: string): Judgement | undefined =>
  judgeDatabase(evidence(change)).judgements.find((each) => each.id === id);
export const without = (...keys: (keyof DatabaseEvidence)[]): DatabaseEvidence =>
  Object.fromEntries(
    Object.entries(evidence()).filter(([key]) => !keys.includes(key as keyof DatabaseEvidence)),
  ) as unknown as DatabaseEvidence;
