import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildBundle } from '../../scripts/launch/bundle.mjs';
import { bundleOf, freshBundle } from '../../scripts/launch/inputs.mjs';

let folder: string;
let root: string;
let cache: string;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'launch-')));
  root = join(folder, 'project');
  cache = join(root, 'node_modules/.cache/shiproom');
  write('package.json', '{ "type": "module" }');
  write('tsconfig.json', '{ "compilerOptions": { "module": "nodenext" } }');
  write('scripts/greet.ts', "import { word } from '../src/word.ts';\nprocess.stdout.write(word);\n");
  write('scripts/other.ts', "process.stdout.write('other');\n");
  write('src/word.ts', "export const word: string = 'aaa';\n");
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

const fresh = (entry = 'scripts/greet.ts') => freshBundle(cache, root, entry);
const bundled = (entry = 'scripts/greet.ts') => {
  const bundle = fresh(entry) ?? '';
  const text = readFileSync(join(bundle, bundleOf(entry)), 'utf8');
  const parts = [...text.matchAll(/"\.\.\/(chunk-[^"]+)"/g)].map(([, name]) =>
    readFileSync(join(bundle, name ?? ''), 'utf8'),
  );
  return [text, ...parts].join('');
};
const bundles = () => readdirSync(cache).filter((name) => name.startsWith('bundle-'));

describe('a bundle', () => {
  it('is not there before it is built, and fresh until a source changes', async () => {
    expect(fresh()).toBeUndefined();
    await buildBundle(cache, root);
    expect(bundled()).toContain('"aaa"');
    expect(bundles()).toHaveLength(1);
  });

  it('is stale when a source has other text of the same length and the same modification time', async () => {
    const at = new Date('2026-01-01T00:00:00Z');
    utimesSync(join(root, 'src/word.ts'), at, at);
    await buildBundle(cache, root);
    write('src/word.ts', "export const word: string = 'bbb';\n");
    utimesSync(join(root, 'src/word.ts'), at, at);
    expect(fresh()).toBeUndefined();
    await buildBundle(cache, root);
    expect(bundled()).toContain('"bbb"');
  });

  it('is stale when a source was replaced by another file, as editors and git do', async () => {
    write('src/next.ts', "export const word: string = 'bbb';\n");
    await buildBundle(cache, root);
    renameSync(join(root, 'src/next.ts'), join(root, 'src/word.ts'));
    expect(fresh()).toBeUndefined();
  });

  it.each(['package.json', 'tsconfig.json'])('is stale when %s changes', async (name) => {
    await buildBundle(cache, root);
    write(name, '{ "type": "module", "compilerOptions": {} }');
    expect(fresh()).toBeUndefined();
  });

  it('is stale when a source is gone', async () => {
    await buildBundle(cache, root);
    rmSync(join(root, 'src/word.ts'));
    expect(fresh()).toBeUndefined();
  });

  it('is stale for the programs alone that use the changed source', async () => {
    await buildBundle(cache, root);
    write('src/word.ts', "export const word: string = 'bbb';\n");
    expect(fresh('scripts/other.ts')).toBeDefined();
    expect(fresh('scripts/greet.ts')).toBeUndefined();
  });

  it('is stale for a source that is loaded late only', async () => {
    write('scripts/greet.ts', "const { word } = await import('../src/word.ts');\nprocess.stdout.write(word);\n");
    await buildBundle(cache, root);
    write('src/word.ts', "export const word: string = 'bbb';\n");
    expect(fresh()).toBeUndefined();
  });

  it('does not know a program that was added since', async () => {
    await buildBundle(cache, root);
    write('scripts/added.ts', "process.stdout.write('added');\n");
    expect(fresh('scripts/added.ts')).toBeUndefined();
    await buildBundle(cache, root);
    expect(fresh('scripts/added.ts')).toBeDefined();
  });

  it('is stale in a checkout that was moved, whose paths are part of it', async () => {
    write('src/word.ts', 'export const word: string = import.meta.dirname;\n');
    await buildBundle(cache, root);
    expect(bundled()).toContain(JSON.stringify(join(root, 'src')));
    const moved = join(folder, 'moved');
    renameSync(root, moved);
    expect(freshBundle(join(moved, 'node_modules/.cache/shiproom'), moved, 'scripts/greet.ts')).toBeUndefined();
  });

  it('is stale when it was only half removed', async () => {
    await buildBundle(cache, root);
    for (const name of bundles()) rmSync(join(cache, name), { recursive: true });
    expect(fresh()).toBeUndefined();
  });

  it('stays in place when a source cannot be bundled', async () => {
    await buildBundle(cache, root);
    write('scripts/other.ts', 'const = 1;\n');
    await expect(buildBundle(cache, root)).rejects.toThrow('scripts/other.ts:1:6');
    expect(fresh()).toBeDefined();
    expect(readdirSync(cache).toSorted()).toEqual([...bundles(), 'current']);
  });
});

describe('an old bundle', () => {
  const longAgo = String(Date.now() - 3_600_000);
  /** Two bundles, of which the first was superseded an hour ago. */
  async function supersede(): Promise<string> {
    await buildBundle(cache, root);
    const [old = ''] = bundles();
    await buildBundle(cache, root);
    writeFileSync(join(cache, old, 'superseded'), longAgo);
    return join(cache, old);
  }

  it('is removed by a later build', async () => {
    const old = await supersede();
    await buildBundle(cache, root);
    expect(existsSync(old)).toBe(false);
    expect(fresh()).toBeDefined();
  });

  it('stays for the processes that have found it and not marked it yet', async () => {
    const old = await supersede();
    writeFileSync(join(old, 'superseded'), String(Date.now()));
    await buildBundle(cache, root);
    expect(existsSync(old)).toBe(true);
  });

  it.each([
    ['a process that runs', `${process.pid}@${hostname()}`],
    ['a process of another machine that shares the folder', '1@another-host'],
  ])('stays while it is in use by %s', async (_, user) => {
    const old = await supersede();
    writeFileSync(join(old, 'users', user), '');
    await buildBundle(cache, root);
    expect(existsSync(old)).toBe(true);
  });

  it.each([
    ['has ended', `4194999@${hostname()}`, new Date()],
    ['was of another machine, two days ago', '1@another-host', new Date(Date.now() - 48 * 3_600_000)],
  ])('is removed when the process that used it %s', async (_, user, at) => {
    const old = await supersede();
    writeFileSync(join(old, 'users', user), '');
    utimesSync(join(old, 'users', user), at, at);
    await buildBundle(cache, root);
    expect(existsSync(old)).toBe(false);
  });

  it('that a killed build left unfinished is removed, one that is being built is not', async () => {
    mkdirSync(join(cache, `unfinished-4194999@${hostname()}`), { recursive: true });
    mkdirSync(join(cache, `unfinished-${process.ppid}@${hostname()}`), { recursive: true });
    await buildBundle(cache, root);
    expect(readdirSync(cache).filter((name) => name.startsWith('unfinished'))).toEqual([
      `unfinished-${process.ppid}@${hostname()}`,
    ]);
  });
});
