import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { RunResult } from '../../src/core/run-result.ts';
import { logIn } from '../contract/freetask/caller.ts';
import { projectRoot } from './support/running-sandbox.ts';
import { openRolloutFixture, type RolloutFixture } from './support/rollout-fixture.ts';

/** One defective release for each way in which a rollout finds one; `verify` and its checks find all of them. */
let fixture: RolloutFixture;
beforeAll(async () => {
  fixture = await openRolloutFixture({ sandbox: ['--instances', '2'] });
});
afterAll(() => fixture[Symbol.asyncDispose]());

async function ship(release: string, settings: Readonly<Record<string, unknown>>, more: readonly string[] = []) {
  const target = await fixture.variant(settings);
  const { exitCode, stdout, stderr } = await fixture.deploy([
    '--target',
    target,
    '--release',
    release,
    '--json',
    ...more,
  ]);
  if (stdout === '') throw new Error(stderr);
  const result = JSON.parse(stdout) as RunResult;
  expect([exitCode, result.verdict.word, exitCode === 1 ? '' : result.verdict.because]).toEqual([1, 'NO-GO', '']);
  const { live, colours, lock } = await fixture.status();
  expect([live, colours?.blue?.releases, lock]).toEqual(['blue', ['freetask@1.4.0'], undefined]);
  return result;
}

const failedClauses = ({ judgements }: RunResult) =>
  judgements.filter(({ status }) => status === 'fail').flatMap(({ clauses }) => clauses);

// First: log-ins of the others would make the journey wait for the rate limit of the service.
it('at 10 % by the smoke', async () => {
  const smoke = { budget: '100s', playwright: false };
  const result = await ship('freetask@1.5.0-bid-unchecked', { smoke });
  expect(failedClauses(result)).toContain('4.1c');
  expect(result.judgements.some(({ id }) => id.startsWith('stage-50'))).toBe(false);
});

it('before traffic: an instance that exits at its start, with its last output as the reason', async () => {
  const readiness = { stableFor: '2s', interval: '100ms', budget: '10m' };
  const { verdict, rollout } = await ship('freetask@9.9.9', { readiness });
  expect(verdict.because).toMatch(/green-\d .*exit code 1: .*not in the catalogue: freetask@9\.9\.9/s);
  expect(rollout?.users).toBeUndefined();
});

it('at 10 % by its counts, with synthetic requests for what users send too few of', async () => {
  const rollout = {
    dwell: '5s',
    holdBudget: '60s',
    minimum: { requests: 200, payments: 40 },
    synthetic: { profile: 'stage', rate: 60 },
  };
  const slo = ['--slo', resolve(projectRoot, 'config/slo.yaml')];
  // The synthetic requests pay, so that no kind of objective is left out.
  const result = await ship('freetask@1.5.0-payments', { rollout, objectives: {} }, slo);
  expect(failedClauses(result)).toContain('4.1b');
  expect(result.rollout?.users?.requests).toBeGreaterThan(0);
  expect(result.judgements.some(({ id }) => id.startsWith('stage-50'))).toBe(false);
  // k6 runs against both sides, and what it counts every second is read while it runs.
  const sent = fixture.journal().flatMap((line) => (line.type === 'sampled' ? (line.sample?.strata[1] ?? []) : []));
  // The counts of a k6 arrive once a second, those of the other one in another of the short samples.
  expect(sent.some(({ canary }) => canary.requests > 0)).toBe(true);
  expect(sent.some(({ baseline }) => baseline.requests > 0)).toBe(true);
  const paid = fixture
    .journal()
    .flatMap(({ event }) =>
      event?.type === 'observed' ? (event.observation.synthetic?.['payment-success'] ?? []) : [],
    );
  expect(paid.some(({ events }) => events > 0)).toBe(true);
});

it('at 10 % by its latency, once it was above the limit for as long as the target file sets', async () => {
  const rollout = {
    dwell: '5s',
    holdBudget: '60s',
    latency: { interval: '1s', sustained: '4s' },
    synthetic: { profile: 'stage', rate: 40 },
    judge: { batch: '1s' },
  };
  const result = await ship('freetask@1.5.0-slow', { rollout }, ['--slo', resolve(projectRoot, 'config/slo.yaml')]);
  expect(failedClauses(result), result.verdict.because).toContain('4.1a');
  expect(result.judgements.some(({ id }) => id.startsWith('stage-50'))).toBe(false);
});

it('in a rolling update: users that were touched are counted, and each fault reached Sentry before its instance ended', async () => {
  const { api } = fixture.target.environments.public;
  const headers = { authorization: `Bearer ${await logIn(api, 'client')}` };
  const faults = new Set<string>();
  const reader = setInterval(() => {
    void fetch(`${api}/jobs`, { headers }).then((answer) => {
      if (answer.status === 500) faults.add(answer.headers.get('x-request-id') ?? 'none');
      return answer.text();
    });
  }, 10);
  // The literal rule at its first firing: as soon as there are enough users, on a busy machine too.
  const judge = { mode: 'sop-strict', batch: '200ms', sample: { every: '200ms' }, beta: 0.99 };
  const rollout = {
    dwell: '3s',
    interval: '200ms',
    minimum: { requests: 100, payments: 1 },
    judge,
    // Its users are enough, and two loads beside them would take the readiness of a busy machine.
    synthetic: false,
  };
  const result = await ship('freetask@1.5.0-errors', { rollout }, ['--strategy', 'rolling']).finally(() =>
    clearInterval(reader),
  );
  expect(failedClauses(result), result.verdict.because).toContain('3.2d');
  expect(result.rollout?.users?.failed).toBeGreaterThan(0);
  expect(faults.size).toBeGreaterThan(0);
  // Sent before the instance ended, a report may still be on its way through the kernel.
  const unreported = async () => {
    const events = JSON.stringify(await fixture.sandbox.recorded('sentry'));
    return [...faults].filter((id) => !events.includes(id));
  };
  await expect.poll(unreported, { timeout: 60_000 }).toEqual([]);
});

// Last: the release stays live, and the colour before it is gone.
it('a previous colour that is not kept warm holds the verdict of a rollout (2.B5)', async () => {
  const readiness = { stableFor: '300ms', interval: '50ms', budget: '2s' };
  const target = await fixture.variant({ readiness, rollout: { watch: { for: '4s' } } });
  const earlier = fixture.newestRun();
  const command = fixture.startDeploy(['--target', target, '--release', 'freetask@1.5.0', '--json']);
  const isLive = () =>
    fixture.newestRun() !== earlier &&
    fixture.journal().some(({ event }) => event?.type === 'observed' && event.stage.share === 100);
  while (command.process.exitCode === null && !isLive()) await sleep(20);
  await fixture.control('stop', 'blue');
  const { exitCode, stdout, stderr } = await command.ended;
  expect([exitCode, exitCode === 3 ? '' : stderr]).toEqual([3, '']);
  const { judgements } = JSON.parse(stdout) as RunResult;
  expect(judgements.find(({ id }) => id === 'rollout.keep-warm')).toMatchObject({
    status: 'inconclusive',
    clauses: ['2.B5'],
  });
});
