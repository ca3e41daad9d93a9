import { bidOn, postJob } from '../marketplace.ts';

/** The client posts a job and the freelancer bids on it. */
export function bidOnJob(): void {
  const jobId = postJob();
  if (jobId !== undefined) bidOn(jobId);
}
