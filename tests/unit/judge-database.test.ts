import { describe, expect, it } from 'vitest';
import type { DatabaseEvidence } from '../../src/core/database.ts';
import { judgeDatabase } from '../../src/core/judge/database.ts';
import { databaseEvidenceSchema } from '../../src/journal/database-schema.ts';
import { evidence, judged, migration, without } from './database-samples.ts';

it('an expanding migration that was measured passes all three', () => {
  expect(judgeDatabase(evidence()).judgements).toMatchObject([
    { id: 'database.pending', clauses: ['1.2a'], status: 'pass' },
    { id: 'database.compatible', clauses: ['1.2b'], status: 'pass' },
    { id: 'database.locks', clauses: ['1.2a'], status: 'pass' },
  ]);
});

it('a target without migrations is required, and one that gives a reason is not', () => {
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
  ])('%s', (_name, change, status, because) => {
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

it('is read back from evidence.json as it was written', () => {
  const whole = evidence({
    noLint: 'x',
    noScratch: 'x',
    refused: 'x',
  });
  expect(databaseEvidenceSchema.parse(JSON.parse(JSON.stringify(whole)))).toEqual(whole);
});
