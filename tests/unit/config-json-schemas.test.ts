import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { configJsonSchemas, configKinds } from '../../src/config/json-schemas.ts';
import { serviceDefaults } from '../contract/support/service-defaults.ts';

const root = resolve(import.meta.dirname, '../..');
const published = (kind: string): unknown => JSON.parse(readFileSync(join(root, `docs/${kind}.schema.json`), 'utf8'));

const files = ['', 'targets/'].flatMap((folder) =>
  readdirSync(join(root, 'config', folder))
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => `config/${folder}${name}`),
);
const kindOf = (file: string): string =>
  file.includes('/targets/') ? 'target' : (/(\w|-)+(?=\.yaml)/.exec(file)?.[0] ?? '');

it.each(configKinds)('docs/%s.schema.json is what `npm run schema` writes', (kind) => {
  expect(published(kind)).toEqual(JSON.parse(JSON.stringify(configJsonSchemas(serviceDefaults)[kind])));
});

it('every kind has a file', () => {
  expect(new Set(files.map(kindOf))).toEqual(new Set(configKinds));
});

describe.each(files)('%s', (file) => {
  const text = readFileSync(join(root, file), 'utf8');

  it('names its schema in its first line', () => {
    const [, path = ''] = /^# yaml-language-server: \$schema=(\S+)\n/.exec(text) ?? [];
    expect(relative(root, resolve(root, dirname(file), path))).toBe(`docs/${kindOf(file)}.schema.json`);
  });

  it('is valid to an editor, and a key that does not exist is not', () => {
    const validate = new Ajv2020({ strict: false, validateFormats: false }).compile(published(kindOf(file)) as object);
    const value: unknown = parse(text);
    expect(validate(value) || validate.errors).toBe(true);
    expect(validate({ ...(value as object), readines: {} })).toBe(false);
  });
});

it('a value of a target file may be a variable, and a key may not', () => {
  const validate = new Ajv2020({ strict: false, validateFormats: false }).compile(published('target') as object);
  const base = { name: 'mine', kind: 'staging', environments: { green: { api: '${API}' } } };
  const router = (socket: object) => ({ driver: 'haproxy', backend: 'b', socket });
  expect(validate({ ...base, router: router({ host: 'lb', port: '${PORT}' }), rateLimit: '${LIMIT}' })).toBe(true);
  expect(validate({ ...base, router: router({ host: 'lb', port: 'nine' }) })).toBe(false);
  expect(validate({ ...base, users: { '${USER}': 'a@example.com' } })).toBe(false);
});

it('`npm run check:schema` fails with the name of each schema that is out of date or missing', () => {
  const folder = mkdtempSync(join(tmpdir(), 'schemas-'));
  cpSync(join(root, 'docs'), folder, { recursive: true });
  writeFileSync(join(folder, 'slo.schema.json'), '{}');
  rmSync(join(folder, 'rollout.schema.json'));
  const { status, stderr } = spawnSync(process.execPath, ['scripts/run.mjs', 'scripts/schema.ts', '--check', folder], {
    cwd: root,
    encoding: 'utf8',
  });
  rmSync(folder, { recursive: true });
  expect(status).toBe(1);
  for (const kind of ['slo', 'rollout'])
    expect(stderr).toContain(`docs/${kind}.schema.json is out of date: npm run schema\n`);
});
