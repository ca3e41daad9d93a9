import { dataOf, route } from './route.ts';

/** By this title and category an operator finds the jobs of a load in the target's data. */
const job = JSON.stringify({
  title: 'Shiproom load: a job of a load test',
  description: 'Created by a load test; it may be deleted.',
  category: 'shiproom-load',
  budget: 100,
});

const jobs = route({ role: 'client', method: 'POST', name: '/jobs', status: 201 });
const bids = route({ role: 'freelancer', method: 'POST', name: '/bids', status: 201 });

/** The client posts a job. Returns its id; undefined after a failure, which has been counted. */
export function postJob(): string | undefined {
  let data: ReturnType<typeof dataOf> = {};
  const { correct } = jobs({
    path: '/jobs',
    body: job,
    isCorrect: (text) => {
      data = dataOf(text);
      return typeof data['id'] === 'string' && data['status'] === 'OPEN' && data['payment_state'] === 'PENDING_ESCROW';
    },
  });
  return correct ? String(data['id']) : undefined;
}

/** The freelancer bids. Returns whether the bid was accepted. */
export const bidOn = (jobId: string): boolean =>
  bids({
    path: '/bids',
    body: JSON.stringify({ jobId, amount: 90, message: 'Load test: I could do that.' }),
    isCorrect: (text) => dataOf(text)['jobId'] === jobId,
  }).correct;
