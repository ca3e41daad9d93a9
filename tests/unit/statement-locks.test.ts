import { describe, expect, it } from 'vitest';
import { lintGroupOf } from '../../src/core/schema/squawk-rules.ts';
import { longLockOf, tablesOf } from '../../src/core/schema/statement-locks.ts';

const indexed = (name: string) => (name === 'jobs_x' ? 'jobs' : undefined);

it.each([
  ['ALTER TABLE jobs ADD COLUMN a int', ['jobs']],
  ['alter table if exists only public.jobs add column a int', ['jobs']],
  ['ALTER TABLE "jobs" DROP COLUMN a', ['jobs']],
  ['ALTER TABLE audit."Jobs" DROP COLUMN a', ['audit."Jobs"']],
  ['ALTER TABLE bids ADD FOREIGN KEY (job) REFERENCES public.jobs (id)', ['bids', 'jobs']],
  ['CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS x ON ONLY jobs USING btree (a)', ['jobs']],
  ['CREATE INDEX ON jobs (a)', ['jobs']],
  ['DROP INDEX CONCURRENTLY IF EXISTS public.jobs_x', ['jobs']],
  ['DROP INDEX other', []],
  ['REINDEX INDEX jobs_x', ['jobs']],
  ['REINDEX TABLE CONCURRENTLY jobs', ['jobs']],
  ['DROP TABLE IF EXISTS JOBS', ['jobs']],
  ['TRUNCATE jobs', ['jobs']],
  ['LOCK TABLE jobs IN EXCLUSIVE MODE', ['jobs']],
  ['VACUUM (FULL, ANALYZE) jobs', ['jobs']],
  ['VACUUM FULL jobs', ['jobs']],
  ['UPDATE ONLY jobs SET a = 1', ['jobs']],
  ['DELETE FROM jobs', ['jobs']],
  ['REFRESH MATERIALIZED VIEW totals', ['totals']],
  ['CREATE TRIGGER t AFTER INSERT ON jobs EXECUTE FUNCTION f()', ['jobs']],
  [`DO $$ BEGIN EXECUTE 'DROP TABLE jobs'; END $$`, []],
])('%s locks %j', (statement, tables) => expect(tablesOf(statement, indexed)).toEqual(tables));

describe('a lock that squawk has no rule for', () => {
  it.each([
    ['VACUUM (FULL) jobs', 'shiproom/vacuum-full'],
    ['CLUSTER jobs', 'shiproom/cluster'],
    ['REFRESH MATERIALIZED VIEW totals', 'shiproom/refresh-materialized-view'],
    ['REFRESH MATERIALIZED VIEW CONCURRENTLY totals', undefined],
    ['LOCK TABLE jobs', 'shiproom/lock-table'],
    ['ALTER TABLE jobs SET UNLOGGED', 'shiproom/table-rewrite'],
    ['ALTER TABLE jobs ATTACH PARTITION p DEFAULT', 'shiproom/attach-partition'],
    ['UPDATE jobs SET a = 1', 'shiproom/update-of-all-rows'],
    ['UPDATE jobs SET a = 1 WHERE id = 1', undefined],
    ['DELETE FROM jobs', 'shiproom/delete-of-all-rows'],
    ['UPDATE jobs SET a = (SELECT b FROM bids WHERE bids.job = jobs.id)', 'shiproom/update-of-all-rows'],
    [`UPDATE jobs SET a = 'no WHERE'`, 'shiproom/update-of-all-rows'],
    ['UPDATE jobs SET a = 1 WHERE true', 'shiproom/update-of-all-rows'],
    ['UPDATE jobs SET a = 1 WHERE id IN (SELECT job FROM bids)', undefined],
    ['WITH x AS (SELECT 1 AS a WHERE true) UPDATE jobs SET a = x.a FROM x', 'shiproom/update-of-all-rows'],
    ['WITH x AS (SELECT 1) INSERT INTO jobs (a) SELECT 1 ON CONFLICT (a) DO UPDATE SET a = 2', undefined],
    ['DELETE FROM jobs WHERE 1 = 1 RETURNING id', 'shiproom/delete-of-all-rows'],
    ['VACUUM jobs', undefined],
    ['ALTER TABLE jobs ADD COLUMN a int', undefined],
  ])('%s: %s', (statement, rule) => expect(longLockOf(statement)).toBe(rule));
});

it('a rule that is not known here is no style', () => {
  expect(lintGroupOf('a-rule-of-next-year')).toBe('unknown');
  expect(lintGroupOf('changing-column-type')).toBe('lock');
});
