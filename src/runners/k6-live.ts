import { nothingSent, type Sent } from '../core/rollout/sent.ts';
import type { Slo } from '../core/slo.ts';
import { readFrom } from '../system/files.ts';
import { parseRecord, type Second } from './k6-series.ts';

/**
 * Reads what a running k6 has counted, from the record that its web dashboard appends to every second: unlike k6's REST API
 * it needs no port, and it is still there after k6 has ended, whatever ended it.
 */
export function openLiveCounts(recordFile: string, slos: readonly Slo[], prefix = ''): () => Promise<Sent> {
  const parse = parseRecord();
  let offset = 0;
  let sent = nothingSent;
  return async () => {
    const { text, end } = await readFrom(recordFile, offset);
    offset = end;
    for (const line of text.split('\n')) {
      const second = parse(line);
      if (second) sent = addSecond(sent, second, { slos, prefix });
    }
    return sent;
  };
}

/** A snapshot has what its second counted: whole numbers, where those since the start are rounded to five digits. */
function addSecond(
  sent: Sent,
  { valueOf }: Second,
  { slos, prefix }: { readonly slos: readonly Slo[]; readonly prefix: string },
): Sent {
  const isOwn = prefix === '';
  const count = (metric: string): number => Math.max(0, Math.round(valueOf(metric, 'count') ?? 0));
  const requests = Math.max(0, count('http_reqs') - count(`${prefix}elsewhere`));
  const errors = isOwn
    ? Math.round(requests * (valueOf('http_req_failed', 'rate') ?? 0))
    : count(`${prefix}server_errors`);
  const failed = Math.min(requests, errors);
  // A metric `payments` of a script of the target's own may count anything.
  const payments = isOwn ? count('payments') : 0;
  const slow = slos.flatMap(({ id, event }): [string, number][] =>
    event.kind === 'slow-response'
      ? [[id, (sent.slow[id] ?? 0) + count(`${prefix}slow_${id.replaceAll('-', '_')}`)]]
      : [],
  );
  return {
    requests: sent.requests + requests,
    failed: sent.failed + failed,
    unanswered: sent.unanswered + Math.min(failed, count(`${prefix}unanswered`)),
    payments: sent.payments + payments,
    failedPayments: sent.failedPayments + Math.min(payments, count('payment_failures')),
    slow: Object.fromEntries(slow),
  };
}
