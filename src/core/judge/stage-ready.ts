import { formatMs } from '../slo.ts';
import type { Judgement } from '../verdict.ts';
import type { StageState } from './judge-state.ts';

/** Readiness counts as lost only when more observations than this, lasting longer than this, failed in a row. */
const toleratedCount = 2;
const toleratedMs = 2000;

/** Clause 2.B3b was met before traffic; a release that loses its readiness under traffic is degraded (4.1c). */
export function judgeStayingReady({ stage, seen }: StageState): Judgement[] {
  const { probed, notReady, lost, lostMs } = seen.ready;
  if (probed === 0) return [];
  const degraded = lost > toleratedCount && lostMs > toleratedMs;
  const status = degraded ? 'fail' : lost > 0 ? 'inconclusive' : 'pass';
  const because = {
    fail: `not ready in ${lost} observations in a row, for ${formatMs(lostMs)}.`,
    inconclusive: 'not ready in the last observation.',
    pass: notReady === 0 ? 'ready in every observation.' : `ready again, after ${notReady} observations not ready.`,
  }[status];
  return [
    {
      id: `stage-${stage.share}.ready`,
      title: `Ready at ${stage.share} %`,
      clauses: status === 'fail' ? ['2.B3b', '4.1c'] : ['2.B3b'],
      status,
      because,
      expected: 'ready under traffic',
      actual: `${probed - notReady} of ${probed} observations ready`,
      samples: probed,
      evidence: ['journal.ndjson'],
      requestIds: [],
    },
  ];
}
