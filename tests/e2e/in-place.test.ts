import { expect, it } from 'vitest';
import { join } from 'node:path';
import { platformToken } from '../contract/support/platform-double.ts';
import { runCommand, startCommand } from './support/command.ts';
import { type PlatformService, startPlatformService } from './support/platform-service.ts';
import { openWorkspace, type Workspace } from './support/workspace.ts';

/** Whole commands on a service whose platform replaces its one instance, with users, by a target file and a tool. */
async function targetFile(service: PlatformService, workspace: Workspace): Promise<string> {
  const { driver, read, deploy, rollback, cancel, fields } = service.platform.settings();
  return workspace.targetFile({
    // What an earlier run of this test left in reports/ is no rollout of this target.
    name: `in-place-${process.pid}`,
    environments: { public: { api: service.url, metrics: [`${service.url}/metrics`] } },
    paths: { health: '/healthz', ready: '/readyz' },
    login: 'none',
    env: ['PLATFORM_TOKEN'],
    platform: { driver, read, deploy, rollback, cancel, fields, poll: '100ms', liveWithin: '1m', answers: 3 },
    store: { driver: 'folder', folder: join(workspace.path, 'store') },
    smoke: { postman: join(import.meta.dirname, 'support/alive.postman_collection.json'), playwright: false },
    objectives: {
      inapplicable: { 'payment-success': 'it has none', latency: 'the machine of the test is shared' },
    },
    rollout: {
      interval: '500ms',
      warmUp: '0s',
      holdBudget: '20s',
      proof: '0s',
      watch: { for: '3s' },
      judge: { batch: '500ms' },
    },
  });
}

const env = { PLATFORM_TOKEN: platformToken };
const release = (service: PlatformService) => service.platform.live()?.release;
const deploysOf = (service: PlatformService, wanted: string) =>
  service.platform.deployments.filter((each) => each.release === wanted).length;

it('ships a healthy release, also after kill -9 in the middle of its deploy, and rolls a bad one back', async () => {
  await using workspace = await openWorkspace();
  await using service = await startPlatformService('app@1.0.0');
  const target = ['--target', await targetFile(service, workspace), '--json'];

  service.platform.behave({ stuck: 'building' });
  const killed = startCommand('deploy', [...target, '--release', 'app@1.1.0'], env);
  await killed.printed(/Deploy of app@1\.1\.0 by the platform/);
  await expect.poll(() => service.platform.deployments[0]?.state, { timeout: 30_000 }).toBe('building');
  killed.process.kill('SIGKILL');
  await killed.ended;
  service.platform.behave({});
  const resumed = await runCommand('deploy', [...target, '--resume'], env);
  expect(resumed.exitCode, resumed.stderr).toBe(0);
  const healthy = await workspace.resultOf(resumed);
  expect([release(service), deploysOf(service, 'app@1.1.0')]).toEqual(['app@1.1.0', 1]);
  expect(healthy.result.deviations.join('\n')).toContain('No stages of 10 -> 50 -> 100 % (2.B4)');
  expect(healthy.report).toContain('replaced by the platform for all users at once');

  const bad = await runCommand('deploy', [...target, '--release', 'app@1.2.0-errors'], env);
  expect(bad.exitCode, bad.stderr).toBe(1);
  const { result, journal } = await workspace.resultOf(bad);
  expect([result.rollout?.phase, release(service)]).toEqual(['rolled-back', 'app@1.1.0']);
  expect(result.verdict.because).toContain('4.1b');
  expect(journal).not.toContain(platformToken);
});
