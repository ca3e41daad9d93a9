import { spawn, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';

/** The launcher as real processes, in a project of a few lines. */
const projectRoot = resolve(import.meta.dirname, '../..');
let root: string;
let cache: string;
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'launcher-')));
  cache = join(root, 'node_modules/.cache/shiproom');
  for (const path of ['scripts/run.mjs', 'scripts/launch', 'scripts/setup', 'package-lock.json'])
    cpSync(join(projectRoot, path), join(root, path), { recursive: true });
  mkdirSync(join(root, 'node_modules'));
  for (const name of ['esbuild', '.shiproom-set-up'])
    symlinkSync(join(projectRoot, 'node_modules', name), join(root, 'node_modules', name));
  write('package.json', '{ "type": "module" }');
  write('tsconfig.json', '{}');
  // `status` is a command for which set-up installs packages alone.
  write(
    'scripts/status.ts',
    `import { word } from '../src/word.ts';
     process.stdout.write([word, ...process.argv.slice(2), process.argv[1]].join(' ') + '\\n');`,
  );
  write('src/word.ts', "export const word = 'first';\n");
});
afterEach(() => rmSync(root, { recursive: true }));

function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

const command = (...args: string[]) => [join(root, 'scripts/run.mjs'), ...args];
function run(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, command(...args), { cwd: tmpdir(), encoding: 'utf8' });
  return { status, stdout, stderr };
}
const bundles = () => readdirSync(cache).filter((name) => name.startsWith('bundle-'));

it('runs a command with its arguments from any folder, bundled once', () => {
  const expected = { status: 0, stdout: `first --json x ${join(root, 'scripts/status.ts')}\n`, stderr: '' };
  expect(run('status', '--json', 'x')).toEqual(expected);
  expect(run('status', '--json', 'x')).toEqual(expected);
  expect(run('scripts/status.ts', '--json', 'x')).toEqual(expected);
  expect(bundles()).toHaveLength(1);
});

it('runs what was edited at the next start, in every one of several starts at once', async () => {
  run('status');
  write('src/word.ts', "export const word = 'again';\n");
  const outputs = await Promise.all(
    [1, 2, 3, 4].map(async () => {
      const child = spawn(process.execPath, command('status'), { stdio: ['ignore', 'pipe', 'inherit'] });
      const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
      return line.split(' ')[0];
    }),
  );
  expect(outputs).toEqual(['again', 'again', 'again', 'again']);
  expect(readdirSync(cache).filter((name) => !name.startsWith('bundle-'))).toEqual(['current']);
});

it('keeps a bundle for a process that still loads parts of it', async () => {
  write(
    'scripts/status.ts',
    `process.stdout.write('running\\n');
     process.stdin.once('data', async () => {
       const { word } = await import('../src/word.ts');
       process.stdout.write(word + '\\n');
       process.stdin.destroy();
     });`,
  );
  const child = spawn(process.execPath, command('status'), { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface(child.stdout);
  await once(lines, 'line');
  const [old = ''] = bundles();
  const supersede = (word: string) => {
    write('src/word.ts', `export const word = '${word}';\n`);
    run('status');
  };
  supersede('second');
  writeFileSync(join(cache, old, 'superseded'), '0');
  supersede('third');
  child.stdin.write('go on\n');
  expect(await once(lines, 'line')).toEqual(['first']);
  await once(child, 'close');
  supersede('fourth');
  expect(existsSync(join(cache, old))).toBe(false);
});

it('names sources in stack traces', () => {
  write(
    'src/word.ts',
    '\nexport const word: string = fail();\nfunction fail(): never {\n  throw new Error("why");\n}\n',
  );
  const { status, stderr } = run('status');
  expect(status).toBe(1);
  expect(stderr).toContain(
    `Error: why\n    at fail (file://${root}/src/word.ts:4:9)\n    at file://${root}/src/word.ts:2:29`,
  );
});

it('prints place and reason where a source cannot be bundled, and ends with 2', () => {
  write('src/word.ts', 'export const = 1;\n');
  const { status, stdout, stderr } = run('status');
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  expect(stderr).toContain('src/word.ts:1:13');
  expect(stderr).not.toContain('at failureErrorWithLog');
});

it('ends with 2 for a command that does not exist, and lists those that do', () => {
  expect(run('statsu')).toEqual({
    status: 2,
    stdout: '',
    stderr: 'There is no command "statsu".\n  try: status, sandbox\n',
  });
});

it('sets up what is missing before a command, and nothing before a program that a command starts', () => {
  rmSync(join(root, 'node_modules/.shiproom-set-up'));
  write('package-lock.json', 'not a lock file');
  expect(run('scripts/status.ts').status).toBe(0);
  const { status, stderr } = run('status');
  expect(status).toBe(2);
  expect(stderr).toContain('npm ci failed');
});
