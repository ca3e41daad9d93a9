import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Component, firstChild, pidOf, startComponent } from './component.ts';

/** Mount and process namespaces with a folder of their own. All of it ends with `stop`, or with this process. */
export interface Namespace {
  readonly folder: string;
  /** Below every cgroup hierarchy. */
  readonly cgroup: string;
  readonly start: (name: string, command: readonly string[], env?: NodeJS.ProcessEnv) => Component;
  /** The words before a command that is to run inside. */
  readonly enter: readonly string[];
  readonly stop: () => Promise<void>;
}

export async function openNamespace(folder: string, cgroup: string): Promise<Namespace> {
  const owner = spawn('sh', [join(import.meta.dirname, 'namespace.sh'), folder, cgroup], {
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  });
  const ended = once(owner, 'exit');
  let messages = '';
  owner.stderr.on('data', (chunk) => (messages += String(chunk)));
  const ready = once(createInterface({ input: owner.stdout }), 'line');
  await Promise.race([ready, ended.then(() => Promise.reject(new Error(`no namespace: ${messages}`)))]);
  const first = await firstChild(await firstChild(pidOf(owner)));
  const enter = ['nsenter', '--target', String(first), '--mount', '--pid', '--'] as const;
  return {
    folder,
    cgroup,
    enter,
    start: (name, command, env) =>
      startComponent(name, {
        command: [...enter, ...command],
        ...(env === undefined ? {} : { env }),
        log: join(folder, `${name}.log`),
      }),
    stop: async () => {
      owner.stdin.end();
      await ended;
    },
  };
}

/** The addresses of a cluster are fixed, and none of them may reach the machine's own network. */
export function refuseOtherNetwork(): void {
  const cards = Object.keys(networkInterfaces());
  if (cards.includes('node0') && cards.every((card) => ['lo', 'node0', 'pods0'].includes(card))) return;
  throw new Error('a cluster is started in a network namespace of its own only: npm run test:cluster, npm run cluster');
}
