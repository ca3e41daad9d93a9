import './patch.ts';
import exec, { scenario } from 'k6/execution';
import type { Options } from 'k6/options';
import { heartbeatsPerSecond } from '../options.ts';
import { excusedExceptions, exceptions, excuseChecks, isExcused, lateness } from './counting.ts';
import { optionsOf, unplannedOptions } from './options.ts';

export { optionsOf } from './options.ts';

type Visit = (...args: unknown[]) => unknown;

/** One iteration of the script. */
export function visit(own: unknown): unknown {
  if (typeof own !== 'function') return own;
  return (...args: unknown[]) => {
    excuseChecks(false);
    try {
      const result = (own as Visit)(...args);
      return isPromise(result) ? result.catch(fail) : result;
    } catch (error) {
      return fail(error);
    }
  };
}

const isPromise = (value: unknown): value is Promise<unknown> =>
  typeof value === 'object' && value !== null && 'catch' in value && 'then' in value;

/** An exception on an answer that an objective counts already, of a body that is no JSON for example, is not the script's. */
function fail(error: unknown): never {
  (isExcused() ? excusedExceptions : exceptions).add(1);
  throw error;
}

/** The runner reads the first line of the log: the options that k6 really runs with. */
export const setup =
  (own: unknown, theirs: Options | undefined): (() => unknown) =>
  () => {
    const unplanned = unplannedOptions({ ...exec.test.options }, optionsOf(theirs));
    console.info(`shiproom options ${unplanned.join(' ') || 'as planned'}`);
    return typeof own === 'function' ? (own as Visit)() : undefined;
  };

/** Sends no request: when it is late, the load generator lacks CPU time, and the measured durations are its own. */
export function heartbeat(): void {
  const due = scenario.startTime + (scenario.iterationInTest * 1000) / heartbeatsPerSecond;
  lateness.add(Math.max(0, Date.now() - due));
}
