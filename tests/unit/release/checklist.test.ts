import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checklistOf, checklistSections } from '../../../src/core/checklist.ts';
import { clauses, isClauseId } from '../../../src/core/sop.ts';
import type { Judgement, NotChecked } from '../../../src/core/verdict.ts';
import { healthy, judgement, missing } from './facts.ts';

const all = Object.keys(clauses).filter(isClauseId);
const whole = { whole: true, strategy: 'blue-green' } as const;
const rowOf = (clause: string, judgements: readonly Judgement[], others: readonly NotChecked[] = []) =>
  checklistOf(judgements, others, whole).find((row) => row.clause === clause);
const skipped = (clause: '3.1' | '1.2a'): NotChecked => ({
  id: 'step',
  title: 'Step',
  clauses: [clause],
  reason: 'skipped',
  because: 'the run ended before it',
  required: true,
});

describe('the checklist', () => {
  it('has every clause of the strategy once, in the order of the SOP', () => {
    const rows = checklistOf(healthy, missing, whole).map(({ clause }) => clause);
    expect(rows).toEqual(all.filter((clause) => !clause.startsWith('2.R') && !clause.startsWith('4.2.')));
    const rolling = checklistOf([], [], { whole: true, strategy: 'rolling' }).map(({ clause }) => clause);
    expect(rolling.filter((clause) => clause.startsWith('2.'))).toEqual(['2.R1', '2.R2', '2.R3', '2.R4']);
  });

  it('has only the clauses that a check names, where the run covers a part of the SOP', () =>
    expect(checklistOf(healthy, missing).map(({ clause }) => clause)).toEqual(
      all.filter((clause) => [...healthy, ...missing].some((check) => check.clauses.includes(clause))),
    ));

  it('passes nothing that was not judged', () => {
    expect(new Set(checklistOf([], [], whole).map(({ status }) => status))).toEqual(new Set(['not-judged']));
    expect(rowOf('1.1c', healthy, missing)).toMatchObject({ status: 'not-applicable', checks: [] });
  });

  it.each([
    [['pass', 'fail', 'error'], 'fail'],
    [['pass', 'inconclusive', 'error'], 'error'],
    [['accepted', 'inconclusive'], 'inconclusive'],
    [['pass', 'accepted'], 'accepted'],
    [['pass', 'pass'], 'pass'],
  ] as const)('%j is %s', (statuses, expected) => {
    const judgements = statuses.map((status, index) => judgement({ id: `j${index}`, clauses: ['3.1'], status }));
    expect(rowOf('3.1', judgements)).toMatchObject({ status: expected, checks: { length: statuses.length } });
  });

  it('a required check that was skipped keeps a clause from passing, and a failure stays one', () => {
    const passed = judgement({ id: 'smoke', clauses: ['3.1'] });
    expect(rowOf('3.1', [passed], [skipped('3.1')])).toMatchObject({
      status: 'not-judged',
      because: 'Step: the run ended before it.',
    });
    expect(rowOf('3.1', [{ ...passed, status: 'fail' }], [skipped('3.1')])?.status).toBe('fail');
    expect(rowOf('3.1', [passed], [{ ...skipped('3.1'), required: false, reason: 'not-applicable' }])?.status).toBe(
      'pass',
    );
  });

  it('a rollback criterion holds as far as the stages do, fails where a check names it, and is open between', () => {
    expect(rowOf('4.1a', healthy)).toMatchObject({ status: 'pass', checks: ['stage-100.latency-p95'] });
    expect(rowOf('4.1b', [])?.status).toBe('not-judged');
    const missed = judgement({ id: 'stage-10.server-errors', clauses: ['3.2d'], status: 'fail' });
    expect(rowOf('4.1b', [missed])?.status).toBe('inconclusive');
    expect(rowOf('4.1b', [{ ...missed, clauses: ['3.2d', '4.1b'] }])?.status).toBe('fail');
    expect(rowOf('4.1a', [judgement({ id: 'load.latency-p95', clauses: ['3.2a'] })])?.status).toBe('not-judged');
  });

  it('a rollback adds section 4.2 from its receipt', () => {
    const step = { clause: '4.2.1', title: 'Traffic', proof: '100 % blue', problems: [] } as const;
    const receipt = {
      because: 'P95',
      startedAt: '2026-11-26T02:26:00.000Z',
      steps: [
        { ...step, status: 'done' },
        { ...step, clause: '4.2.4', status: 'problem', problems: ['Slack: invalid_auth'] },
        { ...step, clause: '4.2.3', status: 'skipped', proof: 'every migration expands' },
      ],
    } as const;
    const rows = checklistOf([], [], { receipt });
    expect(rows.map(({ clause, status }) => [clause, status])).toEqual([
      ['4.2.1', 'pass'],
      ['4.2.2', 'not-judged'],
      ['4.2.3', 'not-applicable'],
      ['4.2.4', 'error'],
      ['4.2.5', 'not-judged'],
    ]);
    expect(rows[3]?.because).toContain('invalid_auth');
  });

  it('no judgement can make more clauses pass than it names', () =>
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            id: fc.string(),
            clauses: fc.uniqueArray(fc.constantFrom(...all), { minLength: 1, maxLength: 3 }),
            status: fc.constantFrom('pass', 'fail', 'inconclusive', 'error', 'accepted'),
          }),
          { maxLength: 12 },
        ),
        (given) => {
          const judgements = given.map((each) => judgement({ ...each, id: `x.${each.id}` }));
          const rows = checklistOf(judgements, [], whole);
          expect(checklistSections(rows).flatMap((section) => section.rows)).toEqual(rows);
          for (const { clause, status } of rows) {
            const own = judgements.filter((each) => each.clauses.includes(clause));
            if (status === 'pass') expect(own.length > 0 && own.every((each) => each.status === 'pass')).toBe(true);
            if (own.length === 0) expect(status).toBe('not-judged');
          }
        },
      ),
    ));
});
