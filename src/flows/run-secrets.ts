import { join } from 'node:path';
import { createMask, type Mask } from '../core/redact.ts';
import type { Sessions, Target } from '../core/target.ts';
import { readText } from '../system/files.ts';
import type { TargetSource } from './prepare.ts';
import { privateFolder } from '../system/private-folder.ts';

/** The secrets of a run, and the private file through which its tools share their logins. */
export interface RunSecrets extends AsyncDisposable {
  readonly sessionsFile: string;
  readonly mask: Mask;
  /** Masks every token issued so far from now on, whatever its shape. */
  readonly learn: () => Promise<void>;
  /** Masks a fixed code and the variables passed to the target's commands. */
  readonly learnTarget: (
    target: Pick<Target, 'service' | 'env'>,
    variables: Readonly<Record<string, string | undefined>>,
  ) => void;
}

/** A shorter value is a word (`staging`, `green`) that the journal itself uses, not a secret. */
const minSecretLength = 8;

/** A tool that has logged in may print its token at once. */
const pollMs = 200;

/** The secrets of the target file are masked from the start. */
export async function openRunSecrets(source: TargetSource): Promise<RunSecrets> {
  const folder = await privateFolder('sessions');
  const sessionsFile = join(folder.path, 'sessions.json');
  const known = new Set(secretsOf(source));
  const learn = async (): Promise<void> => {
    // The browser keeps the sessions of the second users in a file of its own.
    for (const file of [sessionsFile, `${sessionsFile}.second`]) {
      const sessions = JSON.parse((await readText(file)) ?? '{}') as Sessions;
      for (const session of Object.values(sessions))
        for (const token of [session?.accessToken, session?.refreshToken]) if (token !== undefined) known.add(token);
    }
  };
  const polling = setInterval(() => void learn().catch(() => undefined), pollMs).unref();
  return {
    sessionsFile,
    mask: createMask(() => known),
    learn,
    learnTarget: ({ service, env }, variables) => {
      for (const secret of secretsOfService(service)) known.add(secret);
      for (const name of env) if ((variables[name] ?? '').length >= minSecretLength) known.add(variables[name] ?? '');
    },
    [Symbol.asyncDispose]: async () => {
      clearInterval(polling);
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** A fixed code, and the passwords and tokens of users. */
const secretsOfService = ({ login, users }: Target['service']): readonly string[] => [
  ...(login.with === 'otp' && login.delivery.from === 'fixed' ? [login.delivery.code] : []),
  ...Object.values(users).flatMap(({ password, token }) => [password ?? [], token ?? []].flat()),
];

/** Values of `${NAME}` in the target file. */
export const secretsOf = (source: TargetSource): readonly string[] =>
  source.kind === 'deployment' ? source.deployment.secrets : source.secrets;

/** Throws what was thrown, its message masked: it is printed by the CLI, which knows no secrets. */
export function throwMasked(error: unknown, mask: Mask): never {
  if (error instanceof Error) error.message = mask(error.message);
  throw error;
}
