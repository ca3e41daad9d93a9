import { countPayment } from '../counting.ts';
import { bidOn, postJob } from '../marketplace.ts';
import { type Answer, dataOf, route } from '../route.ts';

const escrow = route({ role: 'client', method: 'POST', name: '/payments/escrow', status: 201 });
const release = route({ role: 'client', method: 'POST', name: '/payments/release', status: 200 });

/** A payment into escrow, and its release to the freelancer. */
export function payForJob(): void {
  const jobId = postJob();
  if (jobId === undefined || !bidOn(jobId)) return;
  const paid = escrow({
    path: '/payments/escrow',
    body: JSON.stringify({ jobId, amount: 90 }),
    isCorrect: (text) => dataOf(text)['payment_state'] === 'ESCROWED',
  });
  count(paid);
  if (!paid.correct) return;
  count(
    release({
      path: '/payments/release',
      body: JSON.stringify({ jobId }),
      // One key for each release: it is requested once.
      idempotencyKey: `load-${jobId}`,
      isCorrect: (text) => dataOf(text)['payment_state'] === 'RELEASED',
    }),
  );
}

/** A 4xx other than 402 is about our own request and its check has failed; an answer of the front is no attempt either. */
function count({ status, correct, ofFront }: Answer): void {
  const refused = status >= 400 && status < 500 && status !== 402;
  if (!refused && !ofFront) countPayment(correct);
}
