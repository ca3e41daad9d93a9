import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Programs that commands start, beside the commands themselves. */
const children = [
  'sandbox/main.ts',
  'sandbox/api/instance.ts',
  'sandbox/api/migrate.ts',
  'src/runners/newman-child/main.ts',
];
const commandFolders = ['scripts', 'scripts/bench'];

/** Every program that can be started, as a path relative to the project. */
export function listEntries(root) {
  const commands = commandFolders
    .filter((folder) => existsSync(join(root, folder)))
    .flatMap((folder) => readdirSync(join(root, folder)).map((name) => `${folder}/${name}`));
  return [
    ...commands.filter((path) => path.endsWith('.ts')),
    ...children.filter((path) => existsSync(join(root, path))),
  ];
}

/** The program that a command's name stands for: `verify` for scripts/verify.ts; a path stands for itself. */
export function entryOf(word) {
  if (word.endsWith('.ts')) return word;
  return word === 'sandbox' ? 'sandbox/main.ts' : `scripts/${word}.ts`;
}
