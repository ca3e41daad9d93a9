import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Child, Children } from '../../../sandbox/fleet/children.ts';
import { startHaproxy } from '../../../sandbox/fleet/haproxy.ts';
import { freePorts } from '../../../sandbox/fleet/ports.ts';

export interface Balanced extends AsyncDisposable {
  readonly socket: string;
  readonly stateFile: string;
  readonly haproxy: () => Child;
  /** Dead at once, and started again from the same configuration. */
  readonly restart: () => Promise<void>;
  /** Which instance answered each of so many requests; `cookie` is sent and kept as a browser does. */
  readonly ask: (count: number, cookie?: { value?: string }) => Promise<string[]>;
  /** One request whose instance closes the connection `early`, before its answer, or `late`, in the middle of it. */
  readonly breakOff: (when: 'early' | 'late') => Promise<void>;
  /** The statuses of so many requests, the router's own included. */
  readonly statuses: (count: number) => Promise<number[]>;
  /** Health checks of this instance fail until they are allowed again; users are served. */
  readonly failChecks: (name: string) => { readonly allow: () => void };
  /** A request that is answered when it is released. */
  readonly hold: (cookie: { value?: string }) => { readonly release: () => void; readonly answered: Promise<string> };
}

interface Behaviour {
  readonly failing: Set<string>;
  readonly held: ServerResponse[];
}

function answerTo(path: string | undefined, name: string, answer: ServerResponse, behaviour: Behaviour): void {
  if (path === '/readyz') answer.writeHead(behaviour.failing.has(name) ? 503 : 200).end();
  else if (path === '/held') behaviour.held.push(answer);
  else if (path === '/early') answer.destroy();
  else if (path === '/late') answer.writeHead(200, { 'content-length': 1000 }).write(name, () => answer.destroy());
  else answer.end(name);
}

/** Two instances a colour and a spare one behind a real HAProxy, all traffic on blue. */
export async function startBalanced(affinity: 'none' | 'cookie' = 'none'): Promise<Balanced> {
  const folder = await mkdtemp(join(tmpdir(), 'balanced-'));
  const children = new Children(folder, () => undefined);
  const names = ['blue-1', 'blue-2', 'green-1', 'blue-surge'] as const;
  const servers: Server[] = [];
  const behaviour: Behaviour = { failing: new Set(), held: [] };
  const places = await Promise.all(
    names.map(async (name) => {
      const server = createServer(({ url }, answer) => answerTo(url, name, answer, behaviour)).listen(0, '127.0.0.1');
      await once(server, 'listening');
      servers.push(server);
      const colour = name.startsWith('blue') ? ('blue' as const) : ('green' as const);
      return { name, colour, port: (server.address() as { port: number }).port, surge: name.endsWith('surge') };
    }),
  );
  const [publicPort = 0, statsPort = 0] = await freePorts(2);
  const plan = {
    socket: join(folder, 'admin.sock'),
    stateFile: join(folder, 'servers.state'),
    publicPort,
    statsPort,
    colourPorts: {},
    places,
    weights: { blue: 100, green: 0 },
    affinity,
  };
  let haproxy = await startHaproxy(folder, plan, children);
  return {
    socket: plan.socket,
    stateFile: plan.stateFile,
    haproxy: () => haproxy,
    restart: async () => {
      await haproxy.stop('SIGKILL', 1000);
      haproxy = await startHaproxy(folder, plan, children);
    },
    ask: async (count, cookie) => {
      const answers: string[] = [];
      for (let index = 0; index < count; index += 1) {
        const headers: Record<string, string> = cookie?.value === undefined ? {} : { cookie: cookie.value };
        const answer = await fetch(`http://127.0.0.1:${publicPort}/`, { headers });
        const set = answer.headers.get('set-cookie')?.split(';')[0];
        if (cookie && set !== undefined) cookie.value = set;
        answers.push(await answer.text());
      }
      return answers;
    },
    breakOff: async (when) => {
      await fetch(`http://127.0.0.1:${publicPort}/${when}`).then(
        (answer) => answer.text().catch(() => ''),
        () => '',
      );
    },
    statuses: async (count) => {
      const statuses: number[] = [];
      for (let index = 0; index < count; index += 1)
        statuses.push((await fetch(`http://127.0.0.1:${publicPort}/`)).status);
      return statuses;
    },
    failChecks: (name) => {
      behaviour.failing.add(name);
      return { allow: () => behaviour.failing.delete(name) };
    },
    hold: (cookie) => ({
      release: () => {
        for (const answer of behaviour.held.splice(0)) answer.end('released');
      },
      answered: fetch(`http://127.0.0.1:${publicPort}/held`, {
        headers: cookie.value === undefined ? {} : { cookie: cookie.value },
      }).then((answer) => answer.text()),
    }),
    [Symbol.asyncDispose]: async () => {
      await haproxy.stop('SIGTERM', 3000);
      await children.release();
      for (const server of servers) {
        server.closeAllConnections();
        server.close();
      }
      await rm(folder, { recursive: true, force: true });
    },
  };
}
