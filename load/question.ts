import type { LoadPlan } from '../src/core/load-plan.ts';
import type { Slo } from '../src/core/slo.ts';
import type { Sessions } from '../src/core/target.ts';

/** The users that send the load, by their names in the target file. */
export type Role = 'client' | 'freelancer';

/*
 * The script's parameters, each by `k6 run -e NAME=value`:
 *   LOAD_PLAN_FILE     absolute path: the load, a LoadPlan as JSON
 *   LOAD_SLO_FILE      absolute path: the objectives, Slo[] as JSON
 *   LOAD_API_URL       http://127.0.0.1:4002, without a slash at its end
 *   LOAD_REFRESH_PATH  /auth/refresh, complete; empty where tokens are not renewed
 *   LOAD_API_PATH      /api, or empty
 *   LOAD_SESSIONS_FILE absolute path of the sessions shared with the other tools; tokens are only in this file
 *   LOAD_ENVELOPE      the field around the data of an answer; empty where the body is the data
 *   LOAD_ACCESS_FIELD  the field of an answer's data that holds an access token
 *   LOAD_RELEASE_HEADERX-App-Release; empty where answers do not name their release
 *   LOAD_ABSENT_ROUTES routes that the target does not have, separated by commas
 *   LOAD_RELEASE       the release to compare with: the required one, else that of a probe; or empty
 *   LOAD_IDENTIFIES    `yes` where the target sets that header, so that an answer without it is the front's
 *   LOAD_RUNNERS       how many k6 send the plan together; empty for one
 *   LOAD_RUN           of several: names the run in the message that each leaves
 *   LOAD_MESSAGE_FILE  of several: absolute path of that message
 */
const variable = (name: string): string => __ENV[name] ?? '';

export const apiUrl = variable('LOAD_API_URL') + variable('LOAD_API_PATH');
export const refreshUrl =
  variable('LOAD_REFRESH_PATH') === '' ? '' : variable('LOAD_API_URL') + variable('LOAD_REFRESH_PATH');
export const envelope = variable('LOAD_ENVELOPE');
export const accessField = variable('LOAD_ACCESS_FIELD').split('.').at(-1) ?? '';
/** As k6 spells the names of headers. */
export const releaseHeader = variable('LOAD_RELEASE_HEADER')
  .toLowerCase()
  .replaceAll(/(^|-)[a-z]/g, (letters) => letters.toUpperCase());
const absent = variable('LOAD_ABSENT_ROUTES').split(',').filter(Boolean);
export const release = variable('LOAD_RELEASE');
export const runners = Number(variable('LOAD_RUNNERS') || 1);
export const runName = variable('LOAD_RUN');
export const messageFile = variable('LOAD_MESSAGE_FILE');
export const identifies = variable('LOAD_IDENTIFIES') === 'yes';

/** Whether the target has a route of the contract: `POST /bids`. */
export const offers = (route: string): boolean =>
  !absent.some((each) => {
    const [path = '', method] = each.split(' ').toReversed();
    const [wanted = '', wantedMethod] = route.split(' ').toReversed();
    return (method === undefined || method === wantedMethod) && (wanted === path || wanted.startsWith(`${path}/`));
  });

// k6 opens files only while a script is initialised.
export const readPlan = (): LoadPlan => JSON.parse(open(variable('LOAD_PLAN_FILE'))) as LoadPlan;
export const slos = JSON.parse(open(variable('LOAD_SLO_FILE'))) as readonly Slo[];
export const sessions = JSON.parse(open(variable('LOAD_SESSIONS_FILE'))) as Sessions;
