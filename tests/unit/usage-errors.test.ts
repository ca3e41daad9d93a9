import { access, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { CommanderError } from 'commander';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UserError } from '../../src/core/errors.ts';
import type { Flow } from '../../src/flows/flow.ts';
import { load, verify } from '../../src/flows/verify.ts';
import { systemClock } from '../../src/system/clock.ts';
import { targetCommand, withLoad } from '../../scripts/cli.ts';

/** Whatever is wrong with a command or its configuration is refused before a run exists and before a request is sent. */
const projectRoot = resolve(import.meta.dirname, '../..');
const files = {
  'broken.yaml': 'name: broken\nkind: staging\nenvironments: { green: { api: http://127.0.0.1:1 }\n',
  'unknown-key.yaml': 'name: odd\nkind: staging\nenvironments:\n  green:\n    api: http://127.0.0.1:1\n    apii: x\n',
  'blue-only.yaml': 'name: half\nkind: staging\nenvironments:\n  blue:\n    api: http://127.0.0.1:1\n',
  'production.yaml': 'name: prod\nkind: production\nenvironments:\n  green:\n    api: http://127.0.0.1:1\n',
  'empty-slo.yaml': 'slos: []\n',
  'profile.yaml':
    'name: mine\nkind: staging\nenvironments:\n  green:\n    api: http://127.0.0.1:1\nload:\n  profile: stgae\n',
  'missing-journey.yaml':
    'name: prod\nkind: production\nenvironments:\n  green:\n    api: http://127.0.0.1:1\nsmoke: { postman: nowhere.json, playwright: ./nothing }\n',
};

let folder: string;
let flow: Flow;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'usage-'));
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  // Of the tools only the list is read: none of them is started.
  await writeFile(join(folder, 'tools.json'), JSON.stringify({ k6: { path: '/nowhere/k6', version: '2.2.0' } }));
  const stream = { isTty: false, color: false, columns: 120 };
  flow = {
    projectRoot,
    reportsRoot: join(folder, 'reports'),
    environment: { variables: { SHIPROOM_TOOLS_DIR: folder }, cwd: folder, stderr: stream, stdout: stream },
    clock: systemClock,
    random: () => 'abcd',
    signal: new AbortController().signal,
    listen: () => undefined,
  };
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Refusal {
  readonly args: readonly string[];
  readonly message: RegExp;
}

describe('flags', () => {
  const parse = (args: readonly string[]): string => {
    let stderr = '';
    const program = withLoad(targetCommand('verify', ''))
      .exitOverride()
      .configureOutput({ writeErr: (text) => (stderr += text) });
    expect(() => program.parse([...args], { from: 'user' })).toThrow(CommanderError);
    return stderr;
  };

  it.each<Refusal & { readonly what: string }>([
    {
      what: 'an unknown flag',
      args: ['--urll', 'http://127.0.0.1:1'],
      message: /unknown option '--urll'\n\(Did you mean --url\?/,
    },
    { what: 'a surplus argument', args: ['staging'], message: /too many arguments/ },
    {
      what: 'a rate that is no number',
      args: ['--rate', 'lots'],
      message: /--rate <requests>.*a number above 0 is needed/,
    },
    {
      what: 'a duration without a unit',
      args: ['--duration', '5'],
      message: /--duration <time>.*a duration is needed/,
    },
    {
      what: 'an unknown environment',
      args: ['--env', 'gren'],
      message: /--env <environment>.*Allowed choices are blue, green, public, idle, live/,
    },
  ])('$what is refused', ({ args, message }) => {
    expect(parse(args)).toMatch(message);
  });
});

describe('configuration', () => {
  const refused = async (args: readonly string[]): Promise<string> => {
    const program = withLoad(targetCommand('verify', ''))
      .exitOverride()
      .parse(
        args.map((arg) => arg.replace('{}', folder)),
        { from: 'user' },
      );
    const error: unknown = await verify(program.opts(), flow).catch((thrown: unknown) => thrown);
    if (!(error instanceof UserError)) throw new Error(`not refused: ${String(error)}`);
    return [error.message, ...error.next].join('\n');
  };

  it.each<Refusal & { readonly what: string }>([
    {
      what: 'an unknown target',
      args: ['--target', 'stagging'],
      message: /There is no target "stagging"\.[^]*--target staging/,
    },
    { what: 'a missing target file', args: ['--target', 'nowhere.yaml'], message: /nowhere\.yaml/ },
    { what: 'a target file that is not YAML', args: ['--target', '{}/broken.yaml'], message: /broken\.yaml:\d: / },
    {
      what: 'an unknown setting in a target file',
      args: ['--target', '{}/unknown-key.yaml'],
      message: /unknown-key\.yaml:6: environments\.green\.apii: no such setting/,
    },
    {
      what: 'an environment that the target does not have',
      args: ['--target', '{}/blue-only.yaml', '--env', 'green'],
      message: /has no environment "green"[^]*--env blue/,
    },
    {
      what: 'an idle colour without a router',
      args: ['--target', '{}/blue-only.yaml', '--env', 'idle'],
      message: /the router knows which colour is idle, and the target has no `router`[^]*--env blue/,
    },
    { what: 'a folder as target file', args: ['--target', '{}/'], message: /cannot be read: EISDIR/ },
    { what: 'a folder as objectives', args: ['--slo', '{}'], message: /cannot be read: EISDIR/ },
    {
      what: 'a journey whose files are missing',
      args: ['--target', '{}/missing-journey.yaml', '--allow-production-load'],
      message:
        /missing-journey\.yaml:\d+: smoke\.postman: .*nowhere\.json does not exist\n.*: smoke\.playwright: .*nothing does not exist/,
    },
    {
      what: '--url with --env',
      args: ['--url', 'http://127.0.0.1:1', '--env', 'green'],
      message: /--target and --env/,
    },
    {
      what: '--url with --target',
      args: ['--url', 'http://127.0.0.1:1', '--target', 'x'],
      message: /--target and --env/,
    },
    { what: '--web without --url', args: ['--web', 'http://127.0.0.1:1'], message: /--web/ },
    {
      what: 'an address without a scheme',
      args: ['--url', '127.0.0.1:1'],
      message: /not an http or https address/,
    },
    {
      what: 'an unknown profile',
      args: ['--url', 'http://127.0.0.1:1', '--profile', 'x'],
      message: /^--profile: there is no load profile "x" in config\/load-profiles\.yaml[^]*--profile stage/,
    },
    {
      what: 'an unknown profile of a target file',
      args: ['--target', '{}/profile.yaml'],
      message:
        /profile\.yaml:7: load\.profile: there is no load profile "stgae"[^]*did you mean stage\?[^]*load: \{ profile: stage \}/,
    },
    { what: 'a file without objectives', args: ['--slo', '{}/empty-slo.yaml'], message: /empty-slo\.yaml:1: slos: / },
    {
      what: 'load on production without consent',
      args: ['--target', '{}/production.yaml'],
      message: /is production[^]*--allow-production-load/,
    },
  ])('$what is refused, and no run exists', async ({ args, message }) => {
    expect(await refused(args)).toMatch(message);
    await expect(access(flow.reportsRoot)).rejects.toThrow('ENOENT');
  });
});

describe('a target that must not be loaded', () => {
  it('is not sent one request, neither by its target file nor by its address', async () => {
    let requests = 0;
    const server = createServer((_, response) => {
      requests += 1;
      response.end();
    }).listen(0);
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const file = join(folder, 'counted.json');
    const environments = { green: { api: `http://127.0.0.1:${port}` } };
    await writeFile(file, JSON.stringify({ name: 'counted', kind: 'production', environments }));
    await expect(load({ target: file }, flow)).rejects.toThrow(/is production/);
    // An address that is not recognised as loopback counts as production.
    await expect(load({ url: `http://[::ffff:127.0.0.1]:${port}` }, flow)).rejects.toThrow(/is production/);
    expect(requests).toBe(0);
    server.close();
  });
});
