import { countVisit } from './counting.ts';
import { optionsFor } from './options.ts';
import { readPlan, slos } from './question.ts';
import { bidOnJob as bid } from './scenarios/bid-on-job.ts';
import { browseJobs as browse } from './scenarios/browse-jobs.ts';
import { chatOnJob as chat } from './scenarios/chat-on-job.ts';
import { payForJob as pay } from './scenarios/pay-for-job.ts';
import { postOneJob as post } from './scenarios/post-job.ts';

export { heartbeat } from './heartbeat.ts';

// Every virtual user runs this file once, but only the first one's options are read.
export const options = __VU === 0 ? optionsFor(readPlan(), slos) : undefined;

// Each name is the one in config/load-profiles.yaml, written as one word.
export const browseJobs = countVisit(browse);
export const payForJob = countVisit(pay);
export const postJob = countVisit(post);
export const bidOnJob = countVisit(bid);
export const chatOnJob = countVisit(chat);
