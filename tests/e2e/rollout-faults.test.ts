import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type RunningCommand, startCommandWith } from './support/command.ts';
import { openRolloutFixture, type RolloutFixture } from './support/rollout-fixture.ts';

/** What only real processes can show; tests/unit/rollout/*-faults.test.ts has the other faults, in process. */
let fixture: RolloutFixture;
beforeEach(async () => {
  fixture = await openRolloutFixture({ rollout: { stages: [50, 100], dwell: '3s', interval: '200ms' } });
});
afterEach(() => fixture[Symbol.asyncDispose]());

const next = ['--release', 'freetask@1.6.0'];

/** Until the journal has such an event; throws where the command ended before. */
async function until(command: RunningCommand, wanted: RegExp): Promise<void> {
  while (command.process.exitCode === null) {
    if (fixture.journal().some((line) => wanted.test(JSON.stringify(line.event ?? {})))) return;
    await sleep(10);
  }
  throw new Error((await command.ended).stderr);
}
const firstObservation = /"type":"observed"/;

it('HAProxy is restarted at a stage: it has the shares that were set, and the rollout ends with GO', async () => {
  const command = fixture.startDeploy(next);
  await until(command, firstObservation);
  await fixture.control('restart', 'haproxy');
  expect((await command.ended).exitCode).toBe(0);
  const status = await fixture.status();
  expect([status.live, status.colours?.green.releases]).toEqual(['green', ['freetask@1.6.0']]);
});

it('SIGINT ends with 130 and traffic stays; a second command is refused, a waiting one continues; a full disk holds', async () => {
  const first = fixture.startDeploy(next);
  await until(first, firstObservation);
  const refused = await fixture.deploy(['--release', 'freetask@1.5.0']);
  expect(refused.exitCode).toBe(2);
  expect(refused.stderr).toContain(`process ${first.process.pid}`);
  expect(refused.stderr).toMatch(/since \d{4}-\d\d-\d\dT.*deploy freetask@1\.6\.0/s);
  expect(refused.stderr).toContain('--wait');

  // A journal line is refused by the kernel, as on a full disk: the limit is in blocks of 1 KiB.
  const limited = ['bash', '-c', 'ulimit -f 20; exec "$@"', 'bash'];
  const args = ['--resume', '--wait', '2m', '--target', fixture.targetFile, '--slo', fixture.sloFile];
  const waiting = startCommandWith(limited, 'deploy', args, { SHIPROOM_REPORTS: fixture.reports });
  await waiting.printed(/waiting: /);
  first.process.kill('SIGINT');
  expect((await first.ended).exitCode).toBe(130);
  const full = await waiting.ended;
  expect([full.exitCode, full.stderr]).toEqual([3, expect.stringMatching(/cannot be written.*EFBIG/)]);
  const { shares, lastRun } = await fixture.status();
  expect([shares, lastRun?.open]).toEqual([{ blue: 50, green: 50 }, true]);

  const last = await fixture.deploy(['--resume']);
  expect([last.exitCode, last.exitCode === 0 ? '' : last.stderr]).toEqual([0, '']);
  expect(fixture.users.seen().lost).toEqual([]);
});
