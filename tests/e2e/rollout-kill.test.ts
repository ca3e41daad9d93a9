import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { RolloutEvent } from '../../src/core/rollout/advance.ts';
import type { RolloutPlan } from '../../src/core/rollout/plan.ts';
import type { RolloutStep } from '../../src/core/rollout/step.ts';
import type { RunningCommand } from './support/command.ts';
import { processesWithTmpdir } from './support/descendants.ts';
import { openRolloutFixture, type RolloutFixture } from './support/rollout-fixture.ts';

/**
 * A handful of real SIGKILLs. tests/unit/rollout/crash.test.ts kills the workflow at every write and every effect; here real
 * processes show that its simulation has left nothing out: drivers, tools, locks and file systems.
 */
const seed = Number(process.env['KILL_SEED'] ?? 20261126);
let fixture: RolloutFixture;
/** The live release; every rollout ships the other one. */
let live = 'freetask@1.4.0';
const other = () => (live === 'freetask@1.5.0' ? 'freetask@1.6.0' : 'freetask@1.5.0');

beforeAll(async () => {
  fixture = await openRolloutFixture({ informs: true, rollout: { stages: [50, 100] } });
});
afterAll(() => fixture[Symbol.asyncDispose]());

/** mulberry32: fractions in [0, 1) that a seed repeats. */
function randomFrom(start: number): () => number {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const random = randomFrom(seed);
const kills = [
  { strategy: 'blue-green', order: 'abort' },
  { strategy: 'rolling', order: 'resume' },
].map((each) => ({ ...each, at: Number(random().toFixed(3)) }));

/** The step that an event belongs to, by its position in the plan; -1 for an event of no step. */
function positionOf(event: RolloutEvent, { steps }: RolloutPlan): number {
  if ('step' in event) return steps.findIndex((step) => JSON.stringify(step) === JSON.stringify(event.step));
  if (event.type === 'decided' || !('stage' in event)) return -1;
  const kind: RolloutStep['do'] = event.type === 'observed' ? 'observe' : 'judge';
  return steps.findIndex((step) => step.do === kind && step.stage.share === event.stage.share);
}

/** Kills the process once its rollout has come so far, as a fraction of its steps. False where it ended before. */
async function killAt(fraction: number, { process: child }: RunningCommand, earlier: number): Promise<boolean> {
  while (child.exitCode === null) {
    const lines = (await deployRuns()).length > earlier ? fixture.journal() : [];
    const plan = lines.find(({ type }) => type === 'rollout-planned')?.plan;
    const reached = plan ? lines.flatMap(({ event }) => (event ? positionOf(event, plan) : [])) : [];
    if (plan && Math.max(-1, ...reached) >= Math.floor(fraction * plan.steps.length)) return child.kill('SIGKILL');
    await sleep(1);
  }
  return false;
}

const deployRuns = async (): Promise<string[]> =>
  existsSync(fixture.reports) ? (await readdir(fixture.reports)).filter((name) => name.includes('-deploy-')) : [];

/** Instances, and what they need, are meant to stay; tools, tests and browsers are not. */
async function leftProcesses(): Promise<string[]> {
  const running = await processesWithTmpdir(join(fixture.reports, '..'));
  const instances = running.filter(({ command }) => command.includes('sandbox/api/instance.ts')).map(({ pid }) => pid);
  return running
    .filter(({ pid, parent }) => !instances.includes(pid) && !instances.includes(parent))
    .map(({ command }) => command);
}

/** What the doubles of Slack, GitHub and Sentry got for a run. */
async function messagesOf(runId: string): Promise<Readonly<Record<string, number>>> {
  const { doubles } = JSON.parse(await readFile(join(fixture.sandbox.state, 'sandbox.json'), 'utf8')) as {
    doubles: string;
  };
  const received = (await (await fetch(`${doubles}/_recorded`)).json()) as {
    path: string;
    body?: unknown;
    method: string;
  }[];
  const count = (path: RegExp) =>
    received.filter(
      (each) => each.method === 'POST' && path.test(each.path) && JSON.stringify(each.body).includes(runId),
    ).length;
  return { message: count(/postMessage$/), ticket: count(/issues$/), deploy: count(/deploys\/$/) };
}

it.each(kills)('$strategy, killed at $at of its steps, then --$order', async ({ strategy, order, at }) => {
  await fixture.forgetMigrations();
  fixture.users.forget();
  const release = other();
  const command = fixture.startDeploy([
    '--release',
    release,
    '--strategy',
    strategy,
    '--retry-rejected',
    'an earlier kill was aborted',
  ]);
  const killed = await killAt(at, command, (await deployRuns()).length);
  const first = await command.ended;
  expect([killed, killed ? '' : first.stderr]).toEqual([true, '']);
  expect((await fixture.status()).lock?.dead).toContain('is gone');

  const { exitCode, stderr } = await fixture.deploy([`--${order}`]);
  expect([exitCode, exitCode === (order === 'abort' ? 1 : 0) ? '' : stderr]).toEqual([order === 'abort' ? 1 : 0, '']);
  if (order === 'resume') live = release;
  const { live: colour, colours, lock, lastRun } = await fixture.status();
  expect([lastRun?.open, lock]).toEqual([false, undefined]);
  if (!colour) throw new Error('the traffic is shared');
  // The surge place of a rolling update is empty again.
  expect(colours?.[colour]).toMatchObject({ releases: [live], running: 1 });
  expect((await fetch(`${fixture.target.environments[colour].api}/readyz`)).status).toBe(200);
  expect(fixture.users.seen().lost).toEqual([]);
  expect(fixture.users.seen().answered).toBeGreaterThan(20);
  if (order === 'abort') expect(await messagesOf(lastRun?.runId ?? '')).toEqual({ message: 1, ticket: 1, deploy: 1 });
  const applied = (await fixture.migrationLog()).length;
  expect(order === 'resume' ? [1] : [0, 1]).toContain(applied);
  await expect.poll(leftProcesses, { timeout: 30_000 }).toEqual([]);
});
