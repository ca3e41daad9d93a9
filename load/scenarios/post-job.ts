import { postJob } from '../marketplace.ts';

/** A client has work to give. */
export function postOneJob(): void {
  postJob();
}
