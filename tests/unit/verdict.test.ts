import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  exitCodeOf,
  type Judgement,
  type JudgementStatus,
  type NotChecked,
  reachVerdict,
} from '../../src/core/verdict.ts';

const judged = (status: JudgementStatus, id = 'a'): Judgement => ({
  id,
  title: `Check ${id}`,
  clauses: ['3.1'],
  status,
  expected: 'e',
  actual: 'a',
  because: 'b',
  evidence: [],
  requestIds: [],
});
const missing = (required: boolean, reason: NotChecked['reason']): NotChecked => ({
  id: 'x',
  title: 'X',
  clauses: ['3.1'],
  reason,
  because: 'why',
  required,
});

describe('reachVerdict', () => {
  it('is GO only when something was judged and everything passed', () => {
    expect(reachVerdict([judged('pass')]).word).toBe('GO');
    expect(reachVerdict([]).word).toBe('HOLD');
    expect(reachVerdict([judged('pass'), judged('inconclusive')]).word).toBe('HOLD');
    expect(reachVerdict([judged('pass'), judged('error')]).word).toBe('HOLD');
  });

  it('is NO-GO when anything failed, whatever else could not be measured', () => {
    expect(reachVerdict([judged('error', 'a'), judged('fail', 'b'), judged('pass', 'c')])).toMatchObject({
      word: 'NO-GO',
      decidedBy: ['b'],
    });
  });

  it('is HOLD when a required check was skipped, not when it does not apply to the target', () => {
    expect(reachVerdict([judged('pass')], [missing(true, 'skipped')]).word).toBe('HOLD');
    expect(reachVerdict([judged('pass')], [missing(false, 'not-applicable')]).word).toBe('GO');
  });

  it('an interrupted run is never GO and exits with 130', () => {
    expect(reachVerdict([judged('pass')], [], true).word).toBe('HOLD');
    expect(exitCodeOf('HOLD', true)).toBe(130);
  });

  it('exits with 0 for GO only, for any judgements', () => {
    const statuses = fc.array(fc.constantFrom<JudgementStatus>('pass', 'fail', 'inconclusive', 'error'));
    fc.assert(
      fc.property(statuses, (list) => {
        const { word } = reachVerdict(list.map((status, index) => judged(status, String(index))));
        expect(exitCodeOf(word) === 0).toBe(list.length > 0 && list.every((status) => status === 'pass'));
        if (list.includes('fail')) expect(word).toBe('NO-GO');
      }),
    );
  });
});
