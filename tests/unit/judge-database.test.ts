import { describe, expect, it } from 'vitest';
import type { DatabaseEvidence, LintFinding, PendingMigration } from '../../src/core/database.ts';
import { judgeDatabase } from '../../src/core/judge/database.ts';
import type { Difference } from '../../src/core/schema/difference.ts';
import type { Judgement } from '../../src/core/verdict.ts';

const difference = (change: Partial<Difference> = {}): Difference => ({
  object: 'column jobs.deadline',
  change: 'added',
  class: 'expand',
  reason: 'an INSERT that does not name it stores NULL',
  ...change,
});
const broken = difference({
  object: 'column jobs.bio',
  change: 'removed',
  class: 'contract',
  breaks: 'SELECT bio FROM jobs fails: column "bio" does not exist',
});
const migration = (change: Partial<PendingMigration> = {}): PendingMigration => ({
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
const lint = { version: '2.61.0', read: ['002-deadline'], findings: [], problems: [] };
const evidence = (change: Partial<DatabaseEvidence> = {}): DatabaseEvidence => ({
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
const judged = (change: Partial<DatabaseEvidence>, id: string): Judgement | undefined =>
  judgeDatabase(evidence(change)).judgements.find((each) => each.id === id);
const without = (...keys: (keyof DatabaseEvidence)[]): DatabaseEvidence =>
  Object.fromEntries(
    Object.entries(evidence()).filter(([key]) => !keys.includes(key as keyof DatabaseEvidence)),
  ) as unknown as DatabaseEvidence;

it('an expanding migration that was measured passes all three', () => {
  expect(judgeDatabase(evidence()).judgements).toMatchObject([
    { id: 'database.pending', clauses: ['1.2a'], status: 'pass' },
    { id: 'database.compatible', clauses: ['1.2b'], status: 'pass' },
    { id: 'database.locks', clauses: ['1.2a'], status: 'pass' },
  ]);
});

it('a target without migrations is required, and one that says why is not', () => {
  const of = (unmeasured: { off: string } | { missing: string }) => judgeDatabase({ unmeasured }).notChecked;
  expect(of({ missing: 'no `migrations`' })).toMatchObject([
    { required: true },
    { required: true },
    { required: true },
  ]);
  expect(of({ off: 'no database' })).toMatchObject([
    { id: 'database.pending', required: false, because: 'target file: no database' },
    { id: 'database.compatible', required: false },
    { id: 'database.locks', required: false },
  ]);
});

describe('the list of the migrations', () => {
  const statuses = (of: DatabaseEvidence) => judgeDatabase(of).judgements.map(({ status }) => status);

  it('none pending passes, because the driver reported some', () => {
    expect(statuses(evidence({ pending: [] }))).toEqual(['pass', 'pass', 'pass']);
  });
  it('an empty list is no pass, and neither is none', () => {
    expect(statuses(evidence({ pending: [], listed: 0 }))).toEqual(['inconclusive', 'inconclusive', 'inconclusive']);
    expect(statuses({ ...without('listed'), pending: [], problems: ['exit code 1'] })).toEqual([
      'error',
      'error',
      'error',
    ]);
  });
});

describe('database.pending', () => {
  it.each<[string, Partial<DatabaseEvidence>, string, RegExp]>([
    ['a refusal of the driver', { refused: '002 comes before 003' }, 'fail', /comes before/],
    [
      'a pending migration that fails',
      {
        scratch: {
          database: 'x',
          serverVersion: 1,
          objects: 9,
          failed: { migration: '002-deadline', pending: true, problem: 'syntax error' },
        },
      },
      'fail',
      /002-deadline failed on a scratch database: syntax error/,
    ],
    [
      'an applied one that fails',
      {
        scratch: {
          database: 'x',
          serverVersion: 1,
          objects: 0,
          failed: { migration: '001', pending: false, problem: 'no role' },
        },
      },
      'error',
      /which are applied on the target, failed/,
    ],
    [
      'success that changes nothing',
      { pending: [migration({ changedSchema: false, differences: [] })] },
      'inconclusive',
      /schema is unchanged/,
    ],
    [
      'an empty schema before',
      { scratch: { database: 'x', serverVersion: 1, objects: 1 } },
      'inconclusive',
      /has no table/,
    ],
    [
      'one that is still pending on the target',
      { applied: { ids: [], left: ['002-deadline'] } },
      'fail',
      /still pending on the target/,
    ],
  ])('%s', (_, change, status, because) => {
    expect(judged(change, 'database.pending')).toMatchObject({
      status,
      because: expect.stringMatching(because) as unknown,
    });
  });

  it('without a scratch database is inconclusive where none is named, and an error where it failed', () => {
    const of = (change: Partial<DatabaseEvidence>) => judgeDatabase({ ...without('scratch'), ...change }).judgements[0];
    expect(of({ noScratch: 'scratch names no server' })).toMatchObject({ status: 'inconclusive' });
    expect(of({ problems: ['connection refused'] })).toMatchObject({ status: 'error' });
  });
});

describe('database.compatible', () => {
  const unmeasured = (({ differences: _, ...rest }) => rest)(migration());
  it.each<[string, Partial<DatabaseEvidence>, string, RegExp]>([
    [
      'a breaking difference',
      { pending: [migration({ differences: [difference(), broken] })] },
      'fail',
      /002-deadline breaks the previous release: .*SELECT bio FROM jobs fails.*declare it/,
    ],
    [
      'a declared contract',
      { pending: [migration({ class: 'contract', because: 'declared', declared: true, differences: [broken] })] },
      'fail',
      /a rollback reverts it/,
    ],
    [
      'one without a down plan',
      {
        pending: [
          migration({
            class: 'irreversible',
            because: 'declared',
            declared: true,
            revertible: false,
            differences: [{ ...broken, class: 'irreversible' }],
          }),
        ],
      },
      'fail',
      /no down migration reverts it/,
    ],
    [
      'declared expand and measured contract',
      { pending: [migration({ because: 'declared', declared: true, differences: [broken] })] },
      'fail',
      /declared expand and measured contract: column jobs\.bio removed/,
    ],
    [
      'declared contract and measured expand',
      { pending: [migration({ class: 'contract', because: 'declared', declared: true })] },
      'fail',
      /declared contract and measured expand/,
    ],
    [
      'an unknown difference',
      { pending: [migration({ differences: [difference({ class: 'unknown' })] })] },
      'inconclusive',
      /column jobs\.deadline added/,
    ],
    ['a migration that was not applied', { pending: [unmeasured] }, 'error', /not compared/],
    [
      'drift',
      { live: { serverVersion: 180_003, sizes: [], drift: [difference({ object: 'table extra' })] } },
      'inconclusive',
      /drift: .*table extra added/,
    ],
    [
      'two major versions',
      { live: { serverVersion: 170_003, sizes: [], drift: [] } },
      'inconclusive',
      /PostgreSQL 17\.3 and the scratch server 18\.4/,
    ],
    [
      'a live database without an answer',
      { problems: ['The live database: refused'] },
      'inconclusive',
      /The live database: refused/,
    ],
    [
      'squawk crashed',
      { lint: { ...lint, read: [], problems: ['squawk 2.61.0: exit code 101'] } },
      'error',
      /exit code 101/,
    ],
    ['SQL that was not read', { lint: { ...lint, read: [] } }, 'inconclusive', /002-deadline was not read/],
    [
      'what squawk alone finds',
      {
        lint: {
          ...lint,
          findings: [
            {
              migration: '002-deadline',
              line: 3,
              rule: 'ban-drop-column',
              group: 'incompatible',
              message: '',
              statement: 'ALTER TABLE jobs DROP a',
              tables: ['jobs'],
            },
          ],
        },
      },
      'inconclusive',
      /line 3: ALTER TABLE jobs DROP a \(squawk: ban-drop-column\)/,
    ],
  ])('%s', (_, change, status, because) => {
    expect(judged(change, 'database.compatible')).toMatchObject({
      status,
      because: expect.stringMatching(because) as unknown,
    });
  });

  it('SQL that no setting prints is inconclusive', () => {
    const { judgements } = judgeDatabase({ ...without('lint'), noLint: 'preflight.database.sql names no command' });
    expect(judgements.map(({ status }) => status)).toEqual(['pass', 'inconclusive', 'inconclusive']);
  });
});

describe('database.locks', () => {
  const finding = (change: Partial<LintFinding> = {}): LintFinding => ({
    migration: '002-deadline',
    line: 2,
    rule: 'require-concurrent-index-creation',
    group: 'lock',
    message: '',
    statement: 'CREATE INDEX x ON jobs (a)',
    tables: ['jobs'],
    ...change,
  });
  const found = (...findings: LintFinding[]) => ({ lint: { ...lint, findings } });
  const live = (rows: number, bytes = 8192) => ({
    live: { serverVersion: 180_003, sizes: [{ table: 'jobs', rows, bytes }], drift: [] },
  });
  const { tables: _, ...untabled } = finding();

  it.each<[string, Partial<DatabaseEvidence>, string, RegExp]>([
    ['a small table', found(finding()), 'pass', /jobs: about 10 rows, 8 kB; statements wait at most/],
    [
      'a table of many rows',
      { ...found(finding()), ...live(1001) },
      'fail',
      /002-deadline line 2: CREATE INDEX x ON jobs \(a\) \(require-concurrent-index-creation\) locks jobs: about 1\D001 rows/,
    ],
    ['a table of many bytes', { ...found(finding()), ...live(5, 2 * 1024 * 1024) }, 'fail', /2 MB/],
    ['a new table', found(finding({ tables: [] })), 'pass', /No statement holds a long lock/],
    ['a table that is not known', found(untabled), 'inconclusive', /its table is not known/],
    [
      'a table that the live database lacks',
      found(finding({ tables: ['bids'] })),
      'inconclusive',
      /bids, which the live database does not have/,
    ],
    [
      'a rule without a meaning here',
      found(finding({ group: 'unknown', rule: 'new-rule' })),
      'inconclusive',
      /new-rule/,
    ],
    [
      'a file that squawk could not parse',
      { lint: { ...lint, read: [], problems: ['squawk could not parse 002'] } },
      'error',
      /could not parse/,
    ],
    ['a file that was not read', { lint: { ...lint, read: [] } }, 'inconclusive', /was not read/],
    ['a wait for a lock under a limit', found(finding({ group: 'timeout' })), 'pass', /at most 2 s/],
  ])('%s', (_name, change, status, because) => {
    expect(judged(change, 'database.locks')).toMatchObject({
      status,
      because: expect.stringMatching(because) as unknown,
    });
  });

  it('without the address of the live database the size is not known', () => {
    const { judgements } = judgeDatabase({ ...without('live'), ...found(finding()) });
    expect(judgements[2]).toMatchObject({
      status: 'inconclusive',
      because: expect.stringContaining('preflight.database.live') as unknown,
    });
  });

  it('without a limit for the lock it may wait for ever', () => {
    const { judgements } = judgeDatabase({ ...without('lock'), ...found(finding({ group: 'timeout' })) });
    expect(judgements[2]).toMatchObject({
      status: 'inconclusive',
      because: expect.stringContaining('migrations.lock') as unknown,
    });
  });
});
