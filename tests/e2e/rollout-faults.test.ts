import { randomUUID } from 'node:crypto';
import { readFileSync, renameSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sendHalf } from '../../src/system/half-request.ts';
import { deploy } from '../../src/flows/deploy.ts';
import type { RunResult } from '../../src/core/run-result.ts';
import { readProcessEnvironment } from '../../src/config/environment.ts';
import { systemClock } from '../../src/system/clock.ts';
import { projectRoot } from './support/running-sandbox.ts';
import { logIn } from '../contract/freetask/caller.ts';
import { createRouter } from '../../src/routers/index.ts';
import { type RunningCommand, startCommandWith } from './support/command.ts';
import { openRolloutFixture, type RolloutFixture } from './support/rollout-fixture.ts';

/** Every misfortune has an outcome that is stated here and in docs/rollout.md: what the exit code is, and what users have then. */
let ground: RolloutFixture;
beforeEach(async () => {
  ground = await openRolloutFixture({ sandbox: ['--instances', '2'] });
});
afterEach(() => ground[Symbol.asyncDispose]());

const slow = { dwell: '3s', interval: '200ms' };
const next = ['--release', 'freetask@1.6.0'];

/** Until the journal has such an event; the door's own end ends the wait. */
async function until(door: RunningCommand, wanted: RegExp): Promise<void> {
  while (
    door.process.exitCode === null &&
    !ground.journal().some((line) => wanted.test(JSON.stringify(line.event ?? {})))
  )
    await sleep(10);
  if (door.process.exitCode !== null) throw new Error((await door.ended).stderr);
}
const firstLook = /"type":"tick"/;

async function expectUsersOn(colour: 'blue' | 'green', release: string): Promise<void> {
  const status = await ground.status();
  expect(status.live).toBe(colour);
  expect(status.colours[colour].releases).toEqual([release]);
  expect(status.lock).toBeUndefined();
}

describe('the load balancer', () => {
  it('started again in the middle of a stage: it comes back with the shares that were set, and the rollout goes on to GO', async () => {
    const door = ground.startDeploy([...next, '--target', await ground.variant({ rollout: slow })]);
    await until(door, firstLook);
    await ground.control('restart', 'haproxy');
    expect((await door.ended).exitCode).toBe(0);
    await expectUsersOn('green', 'freetask@1.6.0');
  });

  it('its socket gone: HOLD, traffic stays, the time is not observed; --resume goes on to GO once it is back', async () => {
    const door = ground.startDeploy([
      ...next,
      '--target',
      await ground.variant({ rollout: { ...slow, holdBudget: '1s' } }),
    ]);
    await until(door, firstLook);
    const { socket } = ground.target.router;
    renameSync(socket, `${socket}.gone`);
    const { exitCode, stdout } = await door.ended;
    expect([exitCode, stdout]).toEqual([3, expect.stringContaining('nothing could be seen')]);
    renameSync(`${socket}.gone`, socket);
    expect((await ground.status()).shares).toEqual({ blue: 90, green: 10 });
    expect((await ground.deploy(['--resume'])).exitCode).toBe(0);
    expect(ground.users.seen().lost).toEqual([]);
  });

  it('its socket gone while traffic has to go back: a person is needed (4), and --abort tries again', async () => {
    const door = ground.startDeploy([
      ...next,
      '--target',
      await ground.variant({ rollout: { ...slow, holdBudget: '1s' } }),
    ]);
    await until(door, firstLook);
    const { socket } = ground.target.router;
    renameSync(socket, `${socket}.gone`);
    await door.ended;
    const stuck = await ground.deploy(['--abort']);
    expect([stuck.exitCode, stuck.stdout]).toEqual([4, expect.stringContaining('intervention required')]);
    renameSync(`${socket}.gone`, socket);
    const another = await ground.deploy(['--release', 'freetask@1.5.0']);
    expect([another.exitCode, another.stderr]).toEqual([2, expect.stringContaining('is stuck on its way back')]);
    expect((await ground.deploy(['--abort'])).exitCode).toBe(1);
    await expectUsersOn('blue', 'freetask@1.4.0');
  });

  it('its weights changed by somebody else: HOLD and who says what; --resume refuses until it is told whose shares count', async () => {
    const door = ground.startDeploy([...next, '--target', await ground.variant({ rollout: slow })]);
    await until(door, firstLook);
    await createRouter(ground.target.router, { env: {}, cwd: '/' }).setShares({ blue: 70, green: 30 });
    const { exitCode, stdout } = await door.ended;
    expect([exitCode, stdout]).toEqual([3, expect.stringContaining('somebody else has moved the traffic')]);
    const refused = await ground.deploy(['--resume']);
    expect([refused.exitCode, refused.stderr]).toEqual([2, expect.stringContaining('70 % blue, 30 % green')]);
    expect((await ground.deploy(['--resume', '--accept-weights'])).exitCode).toBe(0);
    await expectUsersOn('green', 'freetask@1.6.0');
  });
});

describe('what the release stands on', () => {
  it('the database down for 20 s: rolled back, and the old colour is waited for until it is healthy', async () => {
    const door = ground.startDeploy([...next, '--target', await ground.variant({ rollout: slow })]);
    await until(door, firstLook);
    await ground.control('stop', 'database');
    await sleep(20_000);
    await ground.control('start', 'database');
    const { exitCode, stdout } = await door.ended;
    expect([exitCode, stdout]).toEqual([1, expect.stringContaining('Rolled back')]);
    await expectUsersOn('blue', 'freetask@1.4.0');
  });

  it('the new release dies under traffic: rolled back, because it is not ready any more', async () => {
    const door = ground.startDeploy([...next, '--target', await ground.variant({ rollout: slow })]);
    await until(door, firstLook);
    await ground.control('stop', 'green');
    const { exitCode, stdout } = await door.ended;
    expect([exitCode, stdout]).toEqual([1, expect.stringMatching(/not ready \d+ looks in a row/)]);
    await expectUsersOn('blue', 'freetask@1.4.0');
  });

  it('an instance dies while it is drained: the roll goes on, and the report says how it ended', async () => {
    const door = ground.startDeploy([...next, '--strategy', 'rolling']);
    await until(door, /"done".*"join","instance":"blue-surge"/);
    // Requests in flight on every instance, so that the drain has something to wait for.
    const body = { refreshToken: 'a-token-that-nobody-issued' };
    const refresh = `${ground.target.environments.public.api}/auth/refresh`;
    const inFlight = await Promise.all(Array.from({ length: 9 }, () => sendHalf(refresh, {}, body, 20_000)));
    await until(door, /"intended".*"drain","instance":"blue-1"/);
    await sleep(200);
    const runtime = ground.target.runtime as { folder: string };
    process.kill(Number(readFileSync(`${runtime.folder}/blue-1.pid`, 'utf8')), 'SIGKILL');
    await Promise.all(inFlight.map(({ finish }) => finish()));
    const { exitCode } = await door.ended;
    expect(exitCode).toBe(0);
    expect(JSON.stringify(ground.journal())).toContain('ended with 137');
    await expectUsersOn('blue', 'freetask@1.6.0');
  });
});

it('an instance of the new release dies after it has joined: the roll stops, and what was replaced gets the old release back', async () => {
  const target = await ground.variant({ rollout: slow });
  const door = ground.startDeploy([...next, '--target', target, '--strategy', 'rolling']);
  await until(door, /"tick".*"names":\["blue-surge","blue-1"\]/);
  const runtime = ground.target.runtime as { folder: string };
  process.kill(Number(readFileSync(`${runtime.folder}/blue-1.pid`, 'utf8')), 'SIGKILL');
  const { exitCode, stdout } = await door.ended;
  expect([exitCode, stdout]).toEqual([1, expect.stringMatching(/not ready \d+ looks in a row/)]);
  const done = ground.journal().flatMap(({ event }) => (event?.type === 'done' ? [JSON.stringify(event.step)] : []));
  expect(done).toContain('{"do":"start","instance":"blue-1","release":"freetask@1.4.0"}');
  expect(done.some((step) => step.includes('"start","instance":"blue-2"'))).toBe(false);
  await expectUsersOn('blue', 'freetask@1.4.0');
});

it('a release that fails users in a rolling update: the old one is back, who was touched is counted, and each fault reached Sentry before its instance ended', async () => {
  const target = await ground.variant({ rollout: { ...slow, minimum: { requests: 100, payments: 1 } } });
  const { api } = ground.target.environments.public;
  const headers = { authorization: `Bearer ${await logIn(api, 'client')}` };
  const faults = new Set<string>();
  const reader = setInterval(() => {
    void fetch(`${api}/jobs`, { headers }).then((answer) => {
      if (answer.status === 500) faults.add(answer.headers.get('x-request-id') ?? 'none');
      return answer.text();
    });
  }, 10);
  const args = ['--release', 'freetask@1.5.0-errors', '--target', target, '--strategy', 'rolling', '--json'];
  const { exitCode, stdout, stderr } = await ground.deploy(args);
  clearInterval(reader);
  expect([exitCode, exitCode === 1 ? '' : stderr]).toEqual([1, '']);
  const { judgements, rollout } = JSON.parse(stdout) as RunResult;
  expect(judgements.filter(({ status }) => status === 'fail').flatMap(({ clauses }) => clauses)).toContain('3.2d');
  expect(rollout?.users?.failed).toBeGreaterThan(0);
  expect(faults.size).toBeGreaterThan(0);
  const told = JSON.stringify(await ground.sandbox.recorded('sentry'));
  expect([...faults].filter((id) => !told.includes(id))).toEqual([]);
  await expectUsersOn('blue', 'freetask@1.4.0');
});

describe('the machine that it runs on', () => {
  it('no room for the journal: HOLD, nothing more is touched; with room again --resume goes on to GO', async () => {
    const target = await ground.variant({ rollout: slow });
    const door = startCommandWith(
      ['bash', '-c', 'ulimit -f 20; exec "$@"', 'bash'],
      'deploy',
      [...next, '--target', target, '--slo', ground.sloFile],
      { SHIPROOM_REPORTS: ground.reports },
    );
    const { exitCode, stderr } = await door.ended;
    expect([exitCode, stderr]).toEqual([3, expect.stringMatching(/cannot be written, so nothing more is done: EFBIG/)]);
    expect((await ground.status()).lastRun?.open).toBe(true);
    const again = await ground.deploy(['--resume']);
    expect([again.exitCode, again.exitCode === 0 ? '' : again.stderr]).toEqual([0, '']);
    expect(ground.users.seen().lost).toEqual([]);
  });

  it('no room for the journal while a person takes it back: traffic goes back all the same', async () => {
    const target = await ground.variant({ rollout: slow });
    const door = ground.startDeploy([...next, '--target', target]);
    await until(door, firstLook);
    door.process.kill('SIGKILL');
    await door.ended;
    expect((await ground.status()).shares).toEqual({ blue: 90, green: 10 });
    const full = startCommandWith(
      ['bash', '-c', 'ulimit -f 1; exec "$@"', 'bash'],
      'deploy',
      ['--abort', '--target', target, '--slo', ground.sloFile],
      { SHIPROOM_REPORTS: ground.reports },
    );
    const { exitCode } = await full.ended;
    expect(exitCode).toBe(4);
    expect((await ground.status()).shares).toEqual({ blue: 100, green: 0 });
  });

  it('Ctrl-C on the way back of a rolling update: the way back is finished', async () => {
    const target = await ground.variant({ rollout: slow });
    const door = ground.startDeploy([...next, '--target', target, '--strategy', 'rolling']);
    await until(door, /"tick".*"names":\["blue-surge","blue-1"\]/);
    door.process.kill('SIGKILL');
    await door.ended;
    const back = ground.startDeploy(['--abort', '--target', target]);
    await until(back, /"done".*"start","instance":"blue-1","release":"freetask@1\.4\.0"/);
    back.process.kill('SIGINT');
    expect((await back.ended).exitCode).toBe(1);
    await expectUsersOn('blue', 'freetask@1.4.0');
    expect((await ground.status()).lastRun).toMatchObject({ phase: 'rolled-back' });
  });

  it('Ctrl-C: 130 within seconds, traffic stays; --resume says how long nobody watched, and goes on to GO', async () => {
    const door = ground.startDeploy([...next, '--target', await ground.variant({ rollout: slow })]);
    await until(door, firstLook);
    door.process.kill('SIGINT');
    const { exitCode } = await door.ended;
    expect(exitCode).toBe(130);
    expect((await ground.status()).shares).toEqual({ blue: 90, green: 10 });
    await sleep(1500);
    const again = await ground.deploy(['--resume']);
    expect([again.exitCode, again.stderr]).toEqual([0, expect.stringMatching(/\d \w+ without observation/)]);
  });
});

it('the clock moved by hours, back and forth: nothing comes of it, because no duration is taken from it', async () => {
  let offsetMs = 0;
  let looks = 0;
  const variables = { ...process.env };
  const result = await deploy(
    { target: ground.targetFile, slo: ground.sloFile, release: 'freetask@1.6.0' },
    {
      projectRoot,
      reportsRoot: ground.reports,
      environment: { ...readProcessEnvironment(), variables },
      clock: { ...systemClock, now: () => Date.now() + offsetMs },
      random: randomUUID,
      signal: new AbortController().signal,
      listen: (event) => {
        if (event.type !== 'rollout' || event.event.type !== 'observed') return;
        looks += 1;
        offsetMs = looks % 2 === 0 ? 5 * 3_600_000 : -3_600_000;
      },
    },
  );
  expect(looks).toBeGreaterThan(5);
  expect(result.kind === 'ended' && [result.result.exitCode, result.result.rollout?.phase]).toEqual([0, 'promoted']);
});

it('traffic that is shared before anything began: nobody can tell which colour is idle, so nothing is touched', async () => {
  await createRouter(ground.target.router, { env: {}, cwd: '/' }).setShares({ blue: 70, green: 30 });
  const { exitCode, stderr } = await ground.deploy(next);
  expect([exitCode, stderr]).toEqual([2, expect.stringContaining('no colour is idle')]);
  expect(ground.journal()).toEqual([]);
});

describe('two at once', () => {
  it('the second ends with 2 and says who, since when and how to wait; --wait waits', async () => {
    const door = ground.startDeploy([...next, '--target', await ground.variant({ rollout: slow })]);
    await until(door, firstLook);
    const second = await ground.deploy(['--release', 'freetask@1.5.0']);
    expect(second.exitCode).toBe(2);
    expect(second.stderr).toContain(`process ${door.process.pid}`);
    expect(second.stderr).toMatch(/since \d{4}-\d\d-\d\dT.*deploy freetask@1\.6\.0/s);
    expect(second.stderr).toContain('--wait');
    const waiting = ground.deploy(['--release', 'freetask@1.5.0', '--wait', '2m']);
    expect((await door.ended).exitCode).toBe(0);
    expect((await waiting).exitCode).toBe(0);
    await expectUsersOn('blue', 'freetask@1.5.0');
    expect(ground.users.seen().lost).toEqual([]);
  });
});
