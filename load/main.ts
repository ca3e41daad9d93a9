import { visit } from './visit.ts';
import { optionsFor } from './options.ts';
import { readPlan, slos } from './question.ts';
import { bidOnJob as bid } from './scenarios/bid-on-job.ts';
import { browseJobs as browse } from './scenarios/browse-jobs.ts';
import { chatOnJob as chat } from './scenarios/chat-on-job.ts';
import { payForJob as pay } from './scenarios/pay-for-job.ts';
import { postOneJob as post } from './scenarios/post-job.ts';

export { heartbeat } from './heartbeat.ts';

// Every virtual user runs this file once; only the options of the first are read.
export const options = __VU === 0 ? optionsFor(readPlan(), slos) : undefined;

// Each name is that of config/load-profiles.yaml in camel case.
export const browseJobs = visit(browse);
export const payForJob = visit(pay);
export const postJob = visit(post);
export const bidOnJob = visit(bid);
export const chatOnJob = visit(chat);
