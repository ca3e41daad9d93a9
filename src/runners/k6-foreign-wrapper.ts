import { z } from 'zod';
import { ownPrefix } from '../core/foreign-load.ts';

/** What k6 prints of a script's options, and how long they take. */
const inspectedSchema = z.looseObject({
  scenarios: z.record(z.string(), z.looseObject({ exec: z.string().nullish() })).nullish(),
  hosts: z.unknown(),
  totalDuration: z.string(),
  maxVUs: z.int(),
});

export interface Inspected {
  /** The function of each scenario. */
  readonly scenarios: Readonly<Record<string, string>>;
  /** The script sends the requests of some names to other addresses. */
  readonly redirects: boolean;
  readonly totalMs: number;
  readonly users: number;
}

/** The options of a script, or why k6 did not print them. */
export function readInspected(stdout: string): Inspected | string {
  try {
    const { scenarios, hosts, totalDuration, maxVUs } = inspectedSchema.parse(JSON.parse(stdout));
    const execs = Object.entries(scenarios ?? {}).map(([name, { exec }]) => [name, exec ?? 'default']);
    return {
      scenarios: Object.fromEntries(execs),
      redirects: hosts !== null && hosts !== undefined,
      totalMs: parseGoDuration(totalDuration),
      users: maxVUs,
    };
  } catch {
    return 'k6 did not print the options of the script';
  }
}

/** `1h2m3.5s`, as Go prints durations. */
function parseGoDuration(text: string): number {
  const units: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 };
  return [...text.matchAll(/([\d.]+)(h|ms|m|s)/g)].reduce(
    (sum, [, n, unit]) => sum + Number(n) * (units[unit ?? ''] ?? 0),
    0,
  );
}

/**
 * The module that k6 runs: the script, whose requests and iterations are counted. Its own handleSummary is left out: it may
 * write files anywhere. `counting` and `script` are absolute paths; `functions` are the names of the scenarios' functions.
 */
export function wrapperOf(counting: string, script: string, functions: readonly string[]): string {
  const own = [...new Set(functions)].map((name) =>
    name === 'default' ? 'export default visit(theirs.default);' : `export const ${name} = visit(theirs.${name});`,
  );
  return [
    // The order counts: the requests of k6 are replaced before the script binds them.
    `import { heartbeat, optionsOf, setup as setUp, visit } from ${JSON.stringify(counting)};`,
    `import * as theirs from ${JSON.stringify(script)};`,
    'export const options = optionsOf(theirs.options);',
    `export { heartbeat as ${ownPrefix}heartbeat };`,
    'export const setup = setUp(theirs.setup, theirs.options);',
    'export const teardown = theirs.teardown ?? (() => undefined);',
    ...own,
    '',
  ].join('\n');
}

/** Only such names are functions that k6 can call. */
export const isFunctionName = (name: string): boolean => /^[A-Za-z_$][\w$]*$/.test(name);
