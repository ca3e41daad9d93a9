import type { LoadPlan } from '../src/core/load-plan.ts';
import type { Slo } from '../src/core/slo.ts';
import type { Sessions } from '../src/core/target.ts';

/*
 * What has to be said from outside, all of it by `k6 run -e NAME=value`:
 *   LOAD_PLAN_FILE              absolute path: how much to send, a LoadPlan as JSON
 *   LOAD_SLO_FILE               absolute path: what it is judged by, Slo[] as JSON
 *   FREETASK_API_URL            http://127.0.0.1:4002, without a slash at its end
 *   FREETASK_AUTH_PATH          /auth
 *   FREETASK_API_PATH           /api, or empty
 *   FREETASK_SESSIONS_FILE      absolute path of the sessions that the other tools share; the tokens travel only by this file
 *   FREETASK_EXPECTED_RELEASE   what X-App-Release has to say, or empty
 */
const variable = (name: string): string => __ENV[name] ?? '';

export const apiUrl = variable('FREETASK_API_URL') + variable('FREETASK_API_PATH');
export const authUrl = variable('FREETASK_API_URL') + variable('FREETASK_AUTH_PATH');
export const expectedRelease = variable('FREETASK_EXPECTED_RELEASE');

// k6 reads files while a script is initialised and at no other time.
export const readPlan = (): LoadPlan => JSON.parse(open(variable('LOAD_PLAN_FILE'))) as LoadPlan;
export const slos = JSON.parse(open(variable('LOAD_SLO_FILE'))) as readonly Slo[];
export const sessions = JSON.parse(open(variable('FREETASK_SESSIONS_FILE'))) as Sessions;
