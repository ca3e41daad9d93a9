import { access, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import type { Child, Children } from './children.ts';

export type Colour = 'blue' | 'green';

export interface HaproxyPlan {
  /** Address of the runtime API: an absolute path. */
  readonly socket: string;
  readonly publicPort: number;
  /** One frontend for each colour, where a colour has several instances. */
  readonly colourPorts: Partial<Record<Colour, number>>;
  readonly statsPort: number;
  readonly places: readonly {
    readonly colour: Colour;
    readonly name: string;
    readonly port: number;
    readonly surge: boolean;
  }[];
  /** HAProxy reads its weights from it at a restart; the router driver writes it when it sets weights. */
  readonly stateFile: string;
  /** `cookie`: a user stays with the server of the first answer. */
  readonly affinity: 'none' | 'cookie';
  /** Share of traffic per server of the colour, 0 to 256. */
  readonly weights: Readonly<Record<Colour, number>>;
}

/** The load balancer's configuration: `public` by weight over both colours, and one frontend for each colour that has several instances. */
export function renderHaproxyConfig(plan: HaproxyPlan): string {
  const servers = (colours: readonly Colour[], weighted: boolean) =>
    plan.places
      .filter(({ colour, surge }) => colours.includes(colour) && (weighted || !surge))
      .map(({ colour, name, port, surge }) => {
        const cookie = weighted && plan.affinity === 'cookie' ? ` cookie ${name}` : '';
        const weight = weighted ? plan.weights[colour] : 100;
        return `  server ${name} 127.0.0.1:${port} check weight ${weight}${cookie}${surge ? ' disabled' : ''}`;
      })
      .join('\n');
  const backend = (name: string, colours: readonly Colour[], weighted: boolean) => `
backend ${name}
  balance roundrobin
  option httpchk GET /readyz
  http-check expect status 200
  option redispatch
  default-server inter 500ms fall 2 rise 1
${weighted && plan.affinity === 'cookie' ? '  cookie FREETASK_SERVER insert indirect nocache httponly\n' : ''}${servers(colours, weighted)}
`;
  const frontend = (name: string, port: number, target: string) => `
frontend ${name}
  bind 127.0.0.1:${port}
  option forwardfor
  default_backend ${target}
`;
  const colours = Object.entries(plan.colourPorts) as [Colour, number][];
  return `global
  maxconn 4000
  stats socket ${plan.socket} mode 600 level admin
  stats timeout 1m
  server-state-file ${plan.stateFile}

defaults
  mode http
  load-server-state-from-file global
  timeout connect 2s
  timeout client 60s
  timeout server 60s
  timeout tunnel 10m
  timeout queue 5s
${frontend('public', plan.publicPort, 'freetask')}${backend('freetask', ['blue', 'green'], true)}${colours
    .map(([colour, port]) => frontend(colour, port, `only-${colour}`) + backend(`only-${colour}`, [colour], false))
    .join('')}
frontend stats
  bind 127.0.0.1:${plan.statsPort}
  stats enable
  stats uri /
`;
}

/** Starts HAProxy in the foreground under a master process, so that SIGUSR2 reloads it without a dropped connection. */
export async function startHaproxy(folder: string, plan: HaproxyPlan, children: Children): Promise<Child> {
  const config = join(folder, 'haproxy.cfg');
  await writeFile(config, renderHaproxyConfig(plan));
  return children.start('haproxy', {
    command: [await haproxyPath(), '-W', '-db', '-f', config],
    env: { PATH: process.env['PATH'] },
    readyLine: /Loading success|New worker .* forked/,
    readyWithinMs: 10_000,
  });
}

/** Debian installs it in /usr/sbin, which is not on every user's PATH. */
async function haproxyPath(): Promise<string> {
  const folders = [
    ...(process.env['PATH'] ?? '').split(delimiter),
    '/usr/sbin',
    '/usr/local/sbin',
    '/opt/homebrew/bin',
  ];
  for (const folder of folders) {
    const path = join(folder, 'haproxy');
    try {
      await access(path);
      return path;
    } catch {
      // Not in this folder.
    }
  }
  throw new Error('haproxy was not found. Install it (Debian: apt-get install haproxy; macOS: brew install haproxy).');
}
