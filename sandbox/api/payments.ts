import { Refusal } from './envelope.ts';
import { everyShare } from './every-share.ts';
import type { Metrics, PaymentKind } from './metrics.ts';

/** The payment provider's answer; it fails as real ones do, by a declined payment. */
export type PaymentProvider = () => Promise<'approved' | 'declined'>;

export function createPaymentProvider(declineRate: number | undefined): PaymentProvider {
  const isDeclined = declineRate === undefined ? () => false : everyShare(declineRate);
  return async () => (isDeclined() ? 'declined' : 'approved');
}

/**
 * Counts one payment by its outcome. A refusal of the caller's own mistake (an unknown job, a wrong state) never
 * reaches the provider and is no attempt; a declined payment (402) and any error of ours are failures.
 */
export async function countAttempt<T extends { replayed: boolean }>(
  metrics: Metrics,
  kind: PaymentKind,
  work: () => Promise<T>,
): Promise<T> {
  try {
    const result = await work();
    if (!result.replayed) metrics.countPayment(kind, 'success');
    return result;
  } catch (error) {
    if (!(error instanceof Refusal) || error.statusCode === 402) metrics.countPayment(kind, 'failure');
    throw error;
  }
}

export async function pay(provider: PaymentProvider): Promise<void> {
  if ((await provider()) === 'declined') throw new Refusal(402, 'Payment declined by the provider');
}
