import { countPayment } from '../counting.ts';
import { bidOn, postJob } from '../marketplace.ts';
import { type Answer, dataOf, route } from '../route.ts';

const escrow = route({ role: 'client', method: 'POST', name: '/payments/escrow', status: 201 });
const release = route({ role: 'client', method: 'POST', name: '/payments/release', status: 200 });

/** The whole way of the money: into escrow, and out of it to the freelancer. */
export function payForJob(): void {
  const jobId = postJob();
  if (jobId === undefined || !bidOn(jobId)) return;
  const paid = escrow({
    path: '/payments/escrow',
    body: JSON.stringify({ jobId, amount: 90 }),
    looksRight: (text) => dataOf(text)['payment_state'] === 'ESCROWED',
  });
  count(paid);
  if (!paid.right) return;
  count(
    release({
      path: '/payments/release',
      body: JSON.stringify({ jobId }),
      // One key for one release: it is asked for once.
      headers: { 'Idempotency-Key': `load-${jobId}` },
      looksRight: (text) => dataOf(text)['payment_state'] === 'RELEASED',
    }),
  );
}

/** A refusal other than 402 is about our own request: it has failed its check and is no attempt to pay. */
function count({ status, right }: Answer): void {
  const refused = status >= 400 && status < 500 && status !== 402;
  if (!refused) countPayment(right);
}
