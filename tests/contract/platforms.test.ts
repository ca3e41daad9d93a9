import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StartedProcess } from '../../src/core/drivers.ts';
import { createPlatform, type Platform } from '../../src/platforms/index.ts';
import { type PlatformDouble, platformToken, startPlatform } from './support/platform-double.ts';

const context = { env: { PATH: process.env['PATH'] ?? '', PLATFORM_TOKEN: platformToken }, cwd: '/' };

interface Fixture extends AsyncDisposable {
  /** one is live. */
  readonly platform: Platform;
  readonly double: PlatformDouble;
}

async function openCommand(): Promise<Fixture> {
  const double = await startPlatform('one');
  return {
    platform: createPlatform(double.settings(), context),
    double,
    [Symbol.asyncDispose]: () => double[Symbol.asyncDispose](),
  };
}

/** What every platform can do. */
function platformContract(name: string, open: () => Promise<Fixture>): void {
  describe(`platform ${name}`, () => {
    let fixture: Fixture;
    beforeAll(async () => {
      fixture = await open();
    });
    afterAll(() => fixture[Symbol.asyncDispose]());

    const untilLive = async (id: string | undefined) => {
      const states: string[] = [];
      for (;;) {
        const { deployments, live } = await fixture.platform.read();
        const state = deployments.find((each) => each.id === id)?.state ?? 'unlisted';
        states.push(state);
        if (live?.id === id || state === 'failed') return { states, live, deployments };
      }
    };

    it('reports what is live', async () => {
      const { deployments, live } = await fixture.platform.read();
      expect(live).toMatchObject({ id: 'd-1', release: 'one', state: 'live' });
      expect(deployments).toHaveLength(1);
    });

    it('deploys, and reports each state until the release is live', async () => {
      const { deployment } = await fixture.platform.deploy('two');
      const { states, live, deployments } = await untilLive(deployment);
      expect([...new Set(states)]).toEqual(['building', 'deploying', 'live']);
      expect([live?.id, live?.release]).toEqual([deployment, 'two']);
      expect(deployments.map(({ id, state }) => [id, state])).toEqual([
        ['d-2', 'live'],
        ['d-1', 'superseded'],
      ]);
    });

    it('a deploy that fails has the reason of the platform, and what was live stays live', async () => {
      fixture.double.behave({ failing: { broken: 'container exited with code 3' } });
      const { deployment } = await fixture.platform.deploy('broken');
      const { live, deployments } = await untilLive(deployment);
      expect(live?.release).toBe('two');
      expect(deployments[0]).toEqual(
        expect.objectContaining({ id: deployment, state: 'failed', reason: 'container exited with code 3' }),
      );
    });

    it('cancels a deploy that is in progress', async () => {
      const { deployment } = await fixture.platform.deploy('three');
      const [newest] = (await fixture.platform.read()).deployments;
      if (newest) await fixture.platform.cancel?.(newest);
      expect(deployment).toBe(newest?.id);
      expect((await fixture.platform.read()).deployments[0]?.state).toBe('superseded');
    });

    it('returns to an earlier deployment', async () => {
      const triggered = await fixture.platform.rollback?.({ deployment: 'd-1', release: 'one' });
      expect((await untilLive(triggered?.deployment)).live?.release).toBe('one');
    });

    it('a deployment that does not exist is an error with the words of the platform', async () => {
      await expect(fixture.platform.rollback?.({ deployment: 'd-99' })).rejects.toThrow(
        '404 {"message":"no deployment d-99"}',
      );
    });

    it('what is no list of deployments is an error', async () => {
      fixture.double.behave({ answer: '' });
      await expect(fixture.platform.read()).rejects.toThrow('did not print the deployments');
    });
  });
}

platformContract('command', openCommand);

it('command: the process of a deploy is recorded before it starts; that of a reading is not', async () => {
  await using fixture = await openCommand();
  const started: StartedProcess[] = [];
  const onStarted = (process: StartedProcess) => void started.push(process);
  await fixture.platform.read({ onStarted });
  expect(started).toEqual([]);
  await fixture.platform.deploy('two', { onStarted });
  expect(started).toHaveLength(1);
});

it('command: a platform out of reach, a wrong token, and commands that hang fail with the command and its limit', async () => {
  const double = await startPlatform('one');
  const wrong = createPlatform(double.settings(), { ...context, env: { ...context.env, PLATFORM_TOKEN: 'x' } });
  await expect(wrong.read()).rejects.toThrow('401 {"message":"no valid token"}');
  await double[Symbol.asyncDispose]();
  await expect(createPlatform(double.settings(), context).read()).rejects.toThrow('ECONNREFUSED');
  const hanging = ['sleep', '300'] as const;
  const limits = { read: hanging, deploy: hanging, timeoutMs: 200, readTimeoutMs: 200 };
  const platform = createPlatform(double.settings(limits), context);
  await expect(platform.read()).rejects.toThrow(/sleep 300.*limit of 0.2 s/);
  await expect(platform.deploy('two')).rejects.toThrow(/sleep 300.*limit of 0.2 s/);
});
