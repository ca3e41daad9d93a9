import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { programCommand } from '../program.ts';
import { instanceHeapMb } from '../releases.ts';
import type { Child, Children } from './children.ts';
import type { Place } from './places.ts';

/** How an instance of any release is started in any place, by this program or by a reader of the target file. */
export interface InstanceCommand {
  readonly command: readonly [string, ...string[]];
  /** {place}, {colour}, {release} and {port} are to be replaced. */
  readonly env: Readonly<Record<string, string>>;
  /** Holds the secrets; readable by this user only. */
  readonly envFile: string;
}

const projectRoot = join(import.meta.dirname, '../..');

export async function writeInstanceCommand(
  state: string,
  facts: {
    readonly databaseUrl: string;
    readonly sentryDsn: string;
    readonly webRoots: string;
    readonly images: string;
  },
): Promise<InstanceCommand> {
  const envFile = join(state, 'instance.env');
  const shared = {
    HOST: '127.0.0.1',
    DATABASE_URL: facts.databaseUrl,
    JWT_SECRET: randomBytes(32).toString('base64url'),
    SENTRY_DSN: facts.sentryDsn,
    WEB_ROOTS: facts.webRoots,
    IMAGES: facts.images,
  };
  const lines = Object.entries(shared).map(([name, value]) => `${name}=${value}\n`);
  await writeFile(envFile, lines.join(''), { mode: 0o600 });
  return {
    envFile,
    command: programCommand('api/instance.ts', [`--max-old-space-size=${instanceHeapMb}`, `--env-file=${envFile}`]),
    env: { PORT: '{port}', APP_RELEASE: '{release}', APP_COLOR: '{colour}', APP_INSTANCE: '{place}' },
  };
}

export const startInstance = (
  { command, env }: InstanceCommand,
  place: Place,
  release: string,
  children: Children,
): Promise<Child> => {
  const facts: Record<string, string> = { place: place.name, colour: place.colour, release, port: String(place.port) };
  const filled = Object.entries(env).map(([name, value]) => [
    name,
    value.replaceAll(/\{(\w+)\}/g, (_, fact: string) => facts[fact] ?? ''),
  ]);
  return children.start(place.name, {
    command,
    cwd: projectRoot,
    env: { PATH: process.env['PATH'], ...(Object.fromEntries(filled) as Record<string, string>) },
    readyLine: /^listening /,
    readyWithinMs: 20_000,
  });
};
