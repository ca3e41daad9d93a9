import { countVisit } from './counting.ts';
import { optionsFor } from './options.ts';
import { plan, slos } from './question.ts';
import * as bid from './scenarios/bid-on-job.ts';
import * as browse from './scenarios/browse-jobs.ts';
import * as chat from './scenarios/chat-on-job.ts';
import * as pay from './scenarios/pay-for-job.ts';
import * as post from './scenarios/post-job.ts';

export { heartbeat } from './heartbeat.ts';

// Every virtual user runs this file once, but only the first one's options are read.
export const options = __VU === 0 ? optionsFor({ plan, slos }) : {};

// Each name is the one in config/load-profiles.yaml, written as one word.
export const browseJobs = countVisit(browse.browseJobs);
export const payForJob = countVisit(pay.payForJob);
export const postJob = countVisit(post.postOneJob);
export const bidOnJob = countVisit(bid.bidOnJob);
export const chatOnJob = countVisit(chat.chatOnJob);
