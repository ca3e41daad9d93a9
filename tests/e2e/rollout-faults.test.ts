import { once } from 'node:events';
import { createConnection } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type RunningCommand, startCommandWith } from './support/command.ts';
import { openRolloutFixture, type RolloutFixture } from './support/rollout-fixture.ts';

/** What only real processes can show; tests/unit/rollout/*-faults.test.ts has the other faults, in process. */
let fixture: RolloutFixture;
beforeAll(async () => {
  fixture = await openRolloutFixture({ rollout: { stages: [50, 100], dwell: '3s', interval: '200ms' } });
});
afterAll(() => fixture[Symbol.asyncDispose]());

const first = ['--release', 'freetask@1.6.0'];
const second = ['--release', 'freetask@1.5.0'];

/** The newest run before the last start of a command. */
let earlier: string | undefined;
function start(verb: string, args: readonly string[]): RunningCommand {
  earlier = fixture.newestRun();
  return fixture.start(verb, args);
}
/** Until the journal has such an event; throws where the command ended before. */
async function until(command: RunningCommand, wanted: RegExp): Promise<void> {
  while (command.process.exitCode === null) {
    if (
      fixture.newestRun() !== earlier &&
      fixture.journal().some((line) => wanted.test(JSON.stringify(line.event ?? {})))
    )
      return;
    await sleep(10);
  }
  throw new Error((await command.ended).stderr);
}
const firstObservation = /"type":"observed"/;

it('HAProxy is restarted at a stage: it has the shares that were set, and the rollout ends with GO', async () => {
  const command = start('deploy', first);
  await until(command, firstObservation);
  await fixture.control('restart', 'haproxy');
  expect((await command.ended).exitCode).toBe(0);
  const status = await fixture.status();
  expect([status.live, status.colours?.green?.releases]).toEqual(['green', ['freetask@1.6.0']]);
});

it('SIGINT ends with 130 and traffic stays; a second command is refused, a waiting one continues; a full disk holds', async () => {
  fixture.users.forget();
  const interrupted = start('deploy', second);
  await until(interrupted, firstObservation);
  const refused = await fixture.deploy(['--release', 'freetask@1.4.0']);
  expect(refused.exitCode).toBe(2);
  expect(refused.stderr).toContain(`process ${interrupted.process.pid}`);
  expect(refused.stderr).toMatch(/since \d{4}-\d\d-\d\dT.*deploy freetask@1\.5\.0/s);
  expect(refused.stderr).toContain('--wait');

  // A journal line is refused by the kernel, as on a full disk: the limit is in blocks of 1 KiB.
  const limited = ['bash', '-c', 'ulimit -f 20; exec "$@"', 'bash'];
  const args = ['--resume', '--wait', '2m', '--target', fixture.targetFile, '--slo', fixture.sloFile];
  const waiting = startCommandWith(limited, 'deploy', args, { SHIPROOM_REPORTS: fixture.reports });
  await waiting.printed(/waiting: /);
  interrupted.process.kill('SIGINT');
  expect((await interrupted.ended).exitCode).toBe(130);
  const full = await waiting.ended;
  expect([full.exitCode, full.stderr]).toEqual([3, expect.stringMatching(/cannot be written.*EFBIG/)]);
  const { shares, lastRun } = await fixture.status();
  expect([shares, lastRun?.open]).toEqual([{ blue: 50, green: 50 }, true]);

  const last = await fixture.deploy(['--resume']);
  expect([last.exitCode, last.exitCode === 0 ? '' : last.stderr]).toEqual([0, '']);
  expect(fixture.users.seen().lost).toEqual([]);
});

it('a watch that proves too little is decided by an operator; a rollback that cannot be completed ends with 4 and a page', async () => {
  const by = ['--by', 'Ada', '--because', 'the provider confirmed its outage'];
  const readiness = { stableFor: '300ms', interval: '50ms', budget: '2s' };
  // So many samples do not arrive in a second.
  const judge = { batch: '200ms', sample: { every: '200ms' }, beta: 1e-6 };
  const short = await fixture.variant({ readiness, rollout: { watch: { for: '1s' }, judge } });
  const held = await fixture.run('watch', [...second, '--target', short]);
  expect([held.exitCode, held.stdout]).toEqual([3, expect.stringMatching(/watch is over.*Missing: [\d\s]+samples/s)]);

  const observing = fixture.start('decide', ['--extend', '10m', ...by, '--target', short]);
  await until(observing, /"type":"resumed"/);
  const go = await fixture.run('decide', ['--go', ...by, '--target', short]);
  expect([go.exitCode, go.stdout]).toEqual([0, expect.stringContaining('GO decided by Ada')]);
  const { exitCode, stdout } = await observing.ended;
  expect([exitCode, stdout]).toEqual([0, expect.stringMatching(/GO decided by Ada: the provider.*open: /s)]);

  const long = await fixture.variant({ readiness, rollout: { watch: { for: '10m' } } });
  const watching = start('watch', [...second, '--target', long]);
  await until(watching, firstObservation);
  const early = await fixture.run('decide', ['--go', ...by, '--target', long]);
  expect([early.exitCode, early.stderr]).toEqual([2, expect.stringContaining('Nothing is on HOLD')]);
  await fixture.control('stop', 'green');
  expect((await fixture.run('decide', ['--no-go', ...by, '--target', long])).exitCode).toBe(0);
  const failed = await watching.ended;
  expect([failed.exitCode, failed.stdout]).toEqual([4, expect.stringContaining('Intervention required')]);
  expect(failed.stdout).toContain('users may still have freetask@1.5.0 on blue');
  expect(failed.stdout).toMatch(/No server of green is up.*set weight freetask\/green-1 100;.*socat/s);
  expect(failed.stdout).toContain(`npm run deploy -- --abort --target ${long}`);
  const { live, lastRun } = await fixture.status();
  expect([live, lastRun?.phase]).toEqual(['blue', 'rollback-failed']);

  // The command of the page, as an operator types it.
  await fixture.control('start', 'green');
  const [, commands = '', socket = ''] = /echo '(set server .*)' \| socat stdio (\S+)/.exec(failed.stdout) ?? [];
  await once(createConnection(socket).end(`${commands}\n`).resume(), 'close');
  expect((await fixture.status()).live).toBe('green');
});
