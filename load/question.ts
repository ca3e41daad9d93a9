import type { LoadPlan } from '../src/core/load-plan.ts';
import type { Slo } from '../src/core/slo.ts';
import type { Sessions } from '../src/core/target.ts';

/** The users that send the load, by their names in the target file. */
export type Role = 'client' | 'freelancer';

/*
 * The script's parameters, each by `k6 run -e NAME=value`:
 *   LOAD_PLAN_FILE              absolute path: the load, a LoadPlan as JSON
 *   LOAD_SLO_FILE               absolute path: the objectives, Slo[] as JSON
 *   FREETASK_API_URL            http://127.0.0.1:4002, without a slash at its end
 *   FREETASK_AUTH_PATH          /auth
 *   FREETASK_API_PATH           /api, or empty
 *   FREETASK_SESSIONS_FILE      absolute path of the sessions shared with the other tools; tokens are only in this file
 *   FREETASK_RELEASE_HEADER     the header with the release, X-App-Release by default
 *   FREETASK_RELEASE            its value to compare with: the required one, else that of a probe; or empty
 *   FREETASK_IDENTIFIES         `yes` where the target sets that header, so that an answer without it is the front's
 */
const variable = (name: string): string => __ENV[name] ?? '';

export const apiUrl = variable('FREETASK_API_URL') + variable('FREETASK_API_PATH');
export const authUrl = variable('FREETASK_API_URL') + variable('FREETASK_AUTH_PATH');
/** Go writes the names of headers in canonical form. */
export const releaseHeader = (variable('FREETASK_RELEASE_HEADER') || 'X-App-Release')
  .toLowerCase()
  .replaceAll(/(^|-)[a-z]/g, (letter) => letter.toUpperCase());
export const release = variable('FREETASK_RELEASE');
export const identifies = variable('FREETASK_IDENTIFIES') === 'yes';

// k6 opens files only while a script is initialised.
export const readPlan = (): LoadPlan => JSON.parse(open(variable('LOAD_PLAN_FILE'))) as LoadPlan;
export const slos = JSON.parse(open(variable('LOAD_SLO_FILE'))) as readonly Slo[];
export const sessions = JSON.parse(open(variable('FREETASK_SESSIONS_FILE'))) as Sessions;
