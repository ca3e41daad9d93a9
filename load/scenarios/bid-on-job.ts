import { bidOn, postJob } from '../marketplace.ts';

/** A freelancer bids on a job that was posted a moment ago. */
export function bidOnJob(): void {
  const jobId = postJob();
  if (jobId !== undefined) bidOn(jobId);
}
