import { postJob } from '../marketplace.ts';

/** A client posts a job. */
export function postOneJob(): void {
  postJob();
}
