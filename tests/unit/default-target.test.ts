import { copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { parseDeployment } from '../contract/support/service-defaults.ts';
import { chooseEnvironment } from '../../src/config/target-file.ts';
import { findTarget } from '../../src/config/target.ts';
import { journeyFileProblems, requireJourneyFiles } from '../../src/flows/journey-files.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'default-target-'));
  await mkdir(join(root, 'config/targets'), { recursive: true });
  await copyFile(resolve(import.meta.dirname, '../../config/service.yaml'), join(root, 'config/service.yaml'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

const embedded = (name: string, more = ''): string =>
  `name: ${name}\nkind: embedded\n${more}embedded:\n  start: [node, serve.js]\n  writes: '{state}/target.json'\n  state: .${name}\n`;
const write = (name: string, text: string) => writeFile(join(root, 'config/targets', `${name}.yaml`), text);
const find = () => findTarget({}, { projectRoot: root, cwd: root, variables: {} });

describe('the target of a command that names none', () => {
  test('is the one whose file says default: true', async () => {
    await write('other', embedded('other'));
    await write('local', embedded('local', 'default: true\n'));
    expect(await find()).toMatchObject({ kind: 'embedded', name: 'local' });
  });

  test('is refused where no file, or more than one, says so', async () => {
    await write('other', embedded('other'));
    await expect(find()).rejects.toThrow(/No file in .* says default: true/);
    await write('a', embedded('a', 'default: true\n'));
    await write('b', embedded('b', 'default: true\n'));
    await expect(find()).rejects.toThrow('a.yaml and b.yaml both say default: true.');
  });
});

test.each([
  ['with a slash at its end', 'e2e/'],
  ['from the folder above', '../e2e-above/../e2e-project/e2e'],
  ['as a symbolic link', 'link'],
  ['in the home folder', '~/e2e-project/e2e'],
])('a Playwright folder that a target file names %s is found', async (_, playwright) => {
  const project = join(root, 'e2e-project');
  await mkdir(join(project, 'e2e'), { recursive: true });
  await symlink(join(project, 'e2e'), join(project, 'link'));
  vi.stubEnv('HOME', root);
  const text = `name: t\nkind: staging\nenvironments: { public: { api: http://127.0.0.1:1 } }\nsmoke: { playwright: ${playwright} }\n`;
  const file = join(project, 't.yaml');
  const target = chooseEnvironment(file, parseDeployment(file, text), undefined);
  vi.unstubAllEnvs();
  expect(await journeyFileProblems(target)).toEqual([]);
});

test('a Playwright folder that exists is not missing, and a collection that is a folder is', async () => {
  const folder = join(root, 'e2e');
  await mkdir(folder);
  expect(await journeyFileProblems({ smoke: { budgetMs: 1, playwright: folder } })).toEqual([]);
  expect(await journeyFileProblems({ smoke: { budgetMs: 1, postman: folder } })).toEqual([
    ['smoke.postman', folder, 'is a folder; a file is expected'],
  ]);
  expect(await journeyFileProblems({ smoke: { budgetMs: 1, playwright: import.meta.filename } })).toEqual([
    ['smoke.playwright', import.meta.filename, 'is a file; a folder is expected'],
  ]);
});

test('an environment of Postman without values is refused, with the line or the flag that names it', async () => {
  const path = join(root, 'other.json');
  const file = join(root, 'place.yaml');
  await writeFile(path, '{ "item": [] }');
  await writeFile(file, `name: t\nsmoke:\n  budget: 5m\n  postmanEnvironment: ${path}\n`);
  const target = { smoke: { budgetMs: 1, postmanEnvironment: path } };
  const problem = `${path} is no environment: it has no \`values\``;
  await expect(requireJourneyFiles(target, { kind: 'deployment', file })).rejects.toThrow(
    `${file}:4: smoke.postmanEnvironment: ${problem}`,
  );
  await expect(requireJourneyFiles(target, { kind: 'url' })).rejects.toThrow(`--collection-environment: ${problem}`);
  await writeFile(path, '{ "values": [] }');
  expect(await journeyFileProblems(target)).toEqual([]);
});

test.each([
  ['green', 'blue: { api: http://b }, green: { api: http://g }, public: { api: http://p }'],
  ['blue', 'blue: { api: http://b }, public: { api: http://p }'],
  ['public', 'public: { api: http://p }'],
])('a command without --env is for %s of { %s }', (name, environments) => {
  const text = `name: mine\nkind: staging\nenvironments: { ${environments} }\n`;
  const deployment = parseDeployment('mine.yaml', text, {});
  expect(chooseEnvironment('mine.yaml', deployment, undefined).environment.name).toBe(name);
});
