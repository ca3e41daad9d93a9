import { nothingSent, type Sent } from '../core/rollout/sent.ts';
import type { Slo } from '../core/slo.ts';
import { readFrom } from '../system/files.ts';
import { parseRecord, type Second } from './k6-series.ts';

/**
 * Reads what a running k6 has counted, from the record that its web dashboard appends to every second: unlike k6's REST API
 * it needs no port, and it is still there after k6 has ended, whatever ended it.
 */
export function openLiveCounts(recordFile: string, slos: readonly Slo[]): () => Promise<Sent> {
  const parse = parseRecord();
  let offset = 0;
  let sent = nothingSent;
  return async () => {
    const { text, end } = await readFrom(recordFile, offset);
    offset = end;
    for (const line of text.split('\n')) {
      const second = parse(line);
      if (second) sent = addSecond(sent, second, slos);
    }
    return sent;
  };
}

/** A snapshot has what its second counted: whole numbers, where those since the start are rounded to five digits. */
function addSecond(sent: Sent, { valueOf }: Second, slos: readonly Slo[]): Sent {
  const count = (metric: string): number => Math.max(0, Math.round(valueOf(metric, 'count') ?? 0));
  const requests = count('http_reqs');
  const failed = Math.min(requests, Math.round(requests * (valueOf('http_req_failed', 'rate') ?? 0)));
  const payments = count('payments');
  const slow = slos.flatMap(({ id, event }): [string, number][] =>
    event.kind === 'slow-response' ? [[id, (sent.slow[id] ?? 0) + count(`slow_${id.replaceAll('-', '_')}`)]] : [],
  );
  return {
    requests: sent.requests + requests,
    failed: sent.failed + failed,
    unanswered: sent.unanswered + Math.min(failed, count('unanswered')),
    payments: sent.payments + payments,
    failedPayments: sent.failedPayments + Math.min(payments, count('payment_failures')),
    slow: Object.fromEntries(slow),
  };
}
