import { describe, expect, it } from 'vitest';
import type { DatabaseEvidence, LintFinding } from '../../src/core/database.ts';
import { judgeDatabase } from '../../src/core/judge/database.ts';
import { broken, difference, judged, lint, migration, without } from './database-samples.ts';

describe('database.compatible', () => {
  const { differences: _, ...unmeasured } = migration();
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
  ])('%s', (_name, change, status, because) => {
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
