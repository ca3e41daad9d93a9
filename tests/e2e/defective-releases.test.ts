import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunResult } from '../../src/core/run-result.ts';
import { releases } from '../../sandbox/releases.ts';
import { runCommand } from './support/command.ts';
import { type RunningSandbox, startSandbox } from './support/running-sandbox.ts';

/** Every release of the sandbox with a defect is No-Go, by the clause that its catalogue names, and for that defect's reason. */
const reasons: Record<string, RegExp> = {
  slow: /slower than the limit|too slowly/,
  errors: /5xx/,
  payments: /payment attempts failed/,
  'chat-open': /stranger|closed/i,
  'otp-reuse': /once|twice|again/i,
  'double-release': /new key|once/i,
  'bid-unchecked': /without/i,
  'readiness-flaps': /lost it again/,
  'health-lies': /readiness said ready while/,
  'memory-leak': /5xx or without an answer/,
  'shutdown-drops': /dropped by the shutdown/,
  'web-button': /releases the payment/,
};

const defective = releases
  .filter(({ clauses }) => clauses.length > 0)
  .map(({ name, clauses }) => ({ name, clauses, defect: name.replace(/^[^-]*-/, '') }));
const pairs = defective.flatMap((_, index) => (index % 2 === 0 ? [defective.slice(index, index + 2)] : []));

it('there is a reason to look for in every defective release', () => {
  expect(defective.map(({ defect }) => defect).toSorted()).toEqual(Object.keys(reasons).toSorted());
});

// Two defects share a sandbox, one a colour: their databases' rate limits and their instances are their own.
describe.each(pairs)('$name and its neighbour', (...pair) => {
  const [green, blue] = pair as [(typeof pair)[number], (typeof pair)[number]];
  let sandbox: RunningSandbox;
  beforeAll(async () => {
    sandbox = await startSandbox(blue.name, green.name);
  });
  afterAll(() => sandbox[Symbol.asyncDispose]());

  it.each(pair.map((release, index) => ({ ...release, colour: index === 0 ? 'green' : 'blue' })))(
    '$name is No-Go by $clauses',
    async ({ name, clauses, colour, defect }) => {
      const { exitCode, stdout, stderr } = await runCommand('verify', [
        '--target',
        sandbox.targetFile,
        '--env',
        colour,
        '--json',
        // Some journeys meet one of these answers and some do not; the rate is the load's to see.
        ...(['errors', 'payments'].includes(defect) ? ['--keep-going'] : []),
      ]);
      expect(exitCode, stderr).toBe(1);
      const result = JSON.parse(stdout) as RunResult;
      expect(result.verdict.word).toBe('NO-GO');
      expect(result.seenReleases).toEqual([name]);
      const failed = result.judgements.filter(({ status }) => status === 'fail');
      const named = failed.filter((judgement) => judgement.clauses.some((clause) => clauses.includes(clause)));
      expect(named.map(({ because }) => because).join('\n'), JSON.stringify(failed, null, 1)).toMatch(
        reasons[defect] as RegExp,
      );
    },
  );
});
