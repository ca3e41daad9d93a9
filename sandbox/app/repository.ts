import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { releases } from '../releases.ts';
import { history } from './commits.ts';

export const repositoryFolder = (state: string): string => join(state, 'freetask.git');

/** Monday 2 March 2026, 09:00 UTC; a commit an hour: the same history, with the same commit ids, in every sandbox. */
const firstCommitAt = 1_772_442_000;

/** A bare repository whose tags are the sandbox's releases; undefined where there is no git. */
export async function createRepository(state: string): Promise<string | undefined> {
  const folder = repositoryFolder(state);
  await rm(folder, { recursive: true, force: true });
  if (!(await git(['init', '--quiet', '--bare', '--template=', '--initial-branch=main', folder]))) return undefined;
  return (await git(['--git-dir', folder, 'fast-import', '--quiet'], importStream())) ? folder : undefined;
}

/** What `git fast-import` reads. Releases have annotated tags; a defective one is a lightweight tag on what it was made from. */
function importStream(): string {
  let mark = 0;
  const stream: string[] = [];
  for (const { tag, commits } of history) {
    for (const { subject, body, author = 'Ada Lovelace', path } of commits) {
      mark += 1;
      const at = `${firstCommitAt + mark * 3600} +0000`;
      const name = author.replaceAll(/[<>]/g, '');
      const message = body === undefined ? subject : `${subject}\n\n${body}`;
      stream.push(
        `commit refs/heads/main\nmark :${mark}\nauthor ${name} <dev@freetask.example> ${at}\n`,
        `committer FreeTask <build@freetask.example> ${at}\n${data(message)}`,
        mark === 1 ? '' : `from :${mark - 1}\n`,
        `M 100644 inline ${path}\n${data(`${mark}: ${subject}\n`)}\n`,
      );
    }
    const at = `${firstCommitAt + mark * 3600 + 60} +0000`;
    stream.push(
      `tag ${tag}\nfrom :${mark}\ntagger FreeTask <build@freetask.example> ${at}\n${data(`Release ${tag}\n`)}`,
    );
    for (const { name } of releases)
      if (name.startsWith(`${tag}-`)) stream.push(`reset refs/tags/${name}\nfrom :${mark}\n\n`);
  }
  return stream.join('');
}

const data = (text: string): string => `data ${Buffer.byteLength(text)}\n${text}\n`;

/** False where git is not installed. Throws for whatever else is wrong. Settings of the user change nothing. */
async function git(args: readonly string[], input = ''): Promise<boolean> {
  const env = { PATH: process.env['PATH'], GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' };
  const child = spawn('git', args, { env, stdio: ['pipe', 'ignore', 'pipe'] });
  let stderr = '';
  child.stderr.on('data', (chunk) => (stderr += String(chunk)));
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  try {
    const [exitCode] = (await once(child, 'close')) as [number | null];
    if (exitCode !== 0) throw new Error(`git ${args.join(' ')}: ${stderr.trim()}`);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
