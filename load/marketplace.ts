import { dataOf, route } from './route.ts';

/** By these words a person finds, in the target's data, what a load has left there. */
const job = JSON.stringify({
  title: 'Shiproom load: a job that nobody has to do',
  description: 'Created by a load test; it may be deleted.',
  category: 'shiproom-load',
  budget: 100,
});

const jobs = route({ role: 'client', method: 'POST', name: '/jobs', status: 201 });
const bids = route({ role: 'freelancer', method: 'POST', name: '/bids', status: 201 });

/** The client posts a job. Returns its id; undefined where that failed, which has been counted. */
export function postJob(): string | undefined {
  let data: ReturnType<typeof dataOf> = {};
  const { right } = jobs({
    path: '/jobs',
    body: job,
    looksRight: (text) => {
      data = dataOf(text);
      return typeof data['id'] === 'string' && data['status'] === 'OPEN' && data['payment_state'] === 'PENDING_ESCROW';
    },
  });
  return right ? String(data['id']) : undefined;
}

/** The freelancer bids. Returns whether the bid stands. */
export const bidOn = (jobId: string): boolean =>
  bids({
    path: '/bids',
    body: JSON.stringify({ jobId, amount: 90, message: 'Load test: I could do that.' }),
    looksRight: (text) => dataOf(text)['jobId'] === jobId,
  }).right;
