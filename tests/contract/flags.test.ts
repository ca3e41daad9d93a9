import { mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Recorder, startRecorder } from '../../sandbox/doubles/recorder.ts';
import { flagsSchema } from '../../src/config/flags-schema.ts';
import { ToolError } from '../../src/core/errors.ts';
import { createFlags, type Flags } from '../../src/flags/index.ts';
import { diffFlags, type FlagsSettings } from '../../src/core/flags.ts';

const context = { env: { PATH: process.env['PATH'] ?? '' }, cwd: tmpdir() };
const tool = join(import.meta.dirname, 'support/flags-tool.cjs');
const node = process.execPath;
const headers = { authorization: 'tok', 'content-type': 'application/json' };

/** A service with flags, and how others change them. Its flags are `old` (on), `off` (off), and none else. */
interface Service {
  readonly settings: FlagsSettings;
  readonly broken: FlagsSettings;
  /** Turns a flag on or off; makes it where there is none. */
  readonly set: (name: string, on: boolean) => Promise<void>;
  readonly remove: (name: string) => Promise<void>;
}

let folder: string;
let recorder: Recorder;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'flags-'));
});
afterAll(() => rm(folder, { recursive: true }));

const flagd = (on: boolean) => ({
  state: 'ENABLED',
  variants: { on: true, off: false },
  defaultVariant: on ? 'on' : 'off',
});

async function jsonFile(name: string, key: string | undefined): Promise<Service & { readonly path: string }> {
  const path = join(folder, name);
  const flags = { old: flagd(true), off: flagd(false) };
  const whole = key === undefined ? flags : { $schema: 'https://flagd.dev/schema/v0/flags.json', [key]: flags };
  await writeFile(path, JSON.stringify(whole, null, 2));
  const change = async (edit: (flags: Record<string, unknown>) => void) => {
    const content = JSON.parse(await readFile(path, 'utf8')) as Record<string, Record<string, unknown>>;
    edit(key === undefined ? content : (content[key] ?? {}));
    await writeFile(path, JSON.stringify(content, null, 2));
  };
  const command = (verb: string, file: string) => [node, tool, verb, file] as const;
  const settingsFor = (file: string): FlagsSettings =>
    key === undefined
      ? {
          driver: 'command',
          read: command('read', file),
          set: [...command('set', file), '{name}'],
          remove: [...command('remove', file), '{name}'],
        }
      : { driver: 'file', file, key };
  return {
    path,
    settings: settingsFor(path),
    broken: settingsFor(join(folder, 'none.json')),
    set: (flag, on) => change((all) => (all[flag] = flagd(on))),
    remove: (flag) => change((all) => delete all[flag]),
  };
}

async function unleashService(): Promise<Service> {
  recorder = await startRecorder();
  const url = `${recorder.address}/unleash`;
  const ask = async (method: string, path: string, body?: unknown) => {
    const init = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
    return fetch(`${url}/api/admin/projects/default${path}`, init);
  };
  const strategy = { name: 'flexibleRollout', parameters: { rollout: '50', stickiness: 'default' }, segments: [3] };
  const at = (name: string) => `/features/${name}/environments/production`;
  const set = async (name: string, on: boolean) => {
    const made = await ask('POST', '/features', { name });
    if (made.status === 201) await ask('POST', `${at(name)}/strategies`, strategy);
    await ask('POST', `${at(name)}/${on ? 'on' : 'off'}`);
  };
  await set('old', true);
  await set('off', false);
  const settings = (environment: string) =>
    flagsSchema.parse({ driver: 'unleash', url, environment, token: 'UNLEASH_TOKEN' });
  return {
    settings: settings('production'),
    broken: settings('nowhere'),
    set,
    remove: async (name) => void (await ask('DELETE', `/features/${name}`)),
  };
}

const drivers: readonly [string, () => Promise<Service>][] = [
  ['file', () => jsonFile(`file-${Math.random()}.json`, 'flags')],
  ['command', () => jsonFile(`command-${Math.random()}.json`, undefined)],
  ['unleash', unleashService],
];
const create = (settings: FlagsSettings): Flags => createFlags(settings, context, () => 'tok');

describe.each(drivers)('flags %s', (name, open) => {
  let service: Service;
  let flags: Flags;
  beforeEach(async () => {
    service = await open();
    flags = create(service.settings);
    return name === 'unleash' ? () => recorder.stop() : undefined;
  });

  it('reads the same snapshot twice', async () => {
    const snapshot = await flags.snapshot();
    expect(Object.keys(snapshot).toSorted()).toEqual(['off', 'old']);
    expect(await flags.snapshot()).toEqual(snapshot);
  });

  it('restores a flag that was changed, made or removed, and nothing else', async () => {
    const before = await flags.snapshot();
    await service.set('off', true);
    await service.set('new', true);
    await service.remove('old');
    const changes = diffFlags(await flags.snapshot(), before);
    expect(changes.map((each) => each.name)).toEqual(['new', 'off', 'old']);
    expect(await flags.restore(changes)).toEqual(['new', 'off', 'old']);
    expect(await flags.snapshot()).toEqual(before);
  });

  it('leaves a flag alone that is not what it is to be changed from, also when it is called again', async () => {
    const before = await flags.snapshot();
    await service.set('off', true);
    const changes = diffFlags(await flags.snapshot(), before);
    expect(await flags.restore(changes)).toEqual(['off']);
    expect(await flags.restore(changes)).toEqual([]);
    await service.remove('off');
    expect(await flags.restore(changes)).toEqual([]);
    expect(Object.keys(await flags.snapshot())).toEqual(['old']);
  });

  it('throws ToolError where the flags cannot be read', async () => {
    await expect(create(service.broken).snapshot()).rejects.toThrow(ToolError);
    await expect(create(service.broken).restore([{ name: 'old', from: '1', to: '2' }])).rejects.toThrow(ToolError);
  });
});

describe('flags file', () => {
  it('keeps every other character, the permissions and a link', async () => {
    const path = join(folder, 'flagd.json');
    const text = `{\n\t"$schema": "x",\n\t"flags": {\n\t\t"a" : {"n": 1e3},\n\t\t"b": [1.0, "}"]\n\t},\n\t"$evaluators": {"big": 12345678901234567890}\n}\n`;
    await writeFile(path, text, { mode: 0o640 });
    const link = join(folder, 'link.json');
    await symlink(path, link);
    const flags = create({ driver: 'file', file: link, key: 'flags' });
    expect(await flags.restore([{ name: 'a', from: '{"n":1000}', to: '{"n":2}' }])).toEqual(['a']);
    expect(await readFile(path, 'utf8')).toBe(text.replace('{"n": 1e3}', '{\n\t\t\t"n": 2\n\t\t}'));
    expect((await stat(path)).mode & 0o777).toBe(0o640);
  });

  it.each(['', '[]', '{"flags": 3}', '{"other": {}}', 'flags: {}'])('refuses %j', async (text) => {
    const path = join(folder, 'wrong.json');
    await writeFile(path, text);
    await expect(create({ driver: 'file', file: path, key: 'flags' }).snapshot()).rejects.toThrow(path);
  });
});

describe('flags command', () => {
  it('passes a value by the environment, and refuses a name that would be an option', async () => {
    const settings: FlagsSettings = {
      driver: 'command',
      read: [node, '-e', 'process.stdout.write(JSON.stringify({ "--all": 1 }))'],
      set: ['false'],
      remove: ['false'],
    };
    await expect(create(settings).snapshot()).rejects.toThrow('"--all"');
  });
});

describe('flags unleash', () => {
  it('restores the strategies in their order, with and without a title', async () => {
    await unleashService();
    const url = `${recorder.address}/unleash`;
    const path = `${url}/api/admin/projects/default/features/off/environments/production/strategies`;
    const send = async (method: string, at: string, body?: object) => {
      const response = await fetch(path + at, { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) });
      expect(response.status).toBe(200);
    };
    await send('POST', '', { name: 'userWithId', title: 'staff', parameters: { userIds: '7' } });
    const flags = create({ driver: 'unleash', url, project: 'default', environment: 'production', token: 'T' });
    const before = await flags.snapshot();
    await send('POST', '', { name: 'default', title: 'all' });
    const exported = await fetch(`${url}/api/admin/features-batch/export`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ environment: 'production', project: 'default' }),
    });
    const { featureStrategies } = (await exported.json()) as {
      featureStrategies: { id: string; featureName: string }[];
    };
    const first = featureStrategies.find(({ featureName }) => featureName === 'off')?.id ?? '';
    await send('PUT', `/${first}`, { name: 'flexibleRollout', title: 'half', parameters: { rollout: '9' } });
    const changes = diffFlags(await flags.snapshot(), before);
    expect(await flags.restore(changes)).toEqual(['off']);
    expect(await flags.snapshot()).toEqual(before);
    await recorder.stop();
  });

  it('a project that does not exist is an error, although the service lists no flags for it', async () => {
    await unleashService();
    const url = `${recorder.address}/unleash`;
    const flags = create({ driver: 'unleash', url, project: 'other', environment: 'production', token: 'T' });
    await expect(flags.snapshot()).rejects.toThrow('No project found');
    recorder.fail('unleash', 'down');
    await expect(flags.snapshot()).rejects.toThrow(ToolError);
    await recorder.stop();
  });
});
