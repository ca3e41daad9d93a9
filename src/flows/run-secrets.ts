import { join } from 'node:path';
import { createMask, type Mask } from '../core/redact.ts';
import type { Sessions, Target } from '../core/target.ts';
import { readText } from '../system/files.ts';
import { privateFolder } from '../system/private-folder.ts';

/** The secrets of a run, and the private file through which its tools share their logins. */
export interface RunSecrets extends AsyncDisposable {
  readonly sessionsFile: string;
  readonly mask: Mask;
  /** Masks every token issued so far from now on, whatever its shape. */
  readonly learn: () => Promise<void>;
  /** Masks a fixed code and the variables passed to the target's commands. */
  readonly learnTarget: (
    target: Pick<Target, 'otp' | 'env'>,
    variables: Readonly<Record<string, string | undefined>>,
  ) => void;
}

/** A shorter value is a word (`staging`, `green`) that the journal itself uses, not a secret. */
const minSecretLength = 8;

/** A tool that has logged in may print its token at once. */
const pollMs = 200;

export async function openRunSecrets(): Promise<RunSecrets> {
  const folder = await privateFolder('sessions');
  const sessionsFile = join(folder.path, 'sessions.json');
  const known = new Set<string>();
  const learn = async (): Promise<void> => {
    const sessions = JSON.parse((await readText(sessionsFile)) ?? '{}') as Sessions;
    for (const session of Object.values(sessions)) known.add(session.accessToken).add(session.refreshToken);
  };
  const polling = setInterval(() => void learn().catch(() => undefined), pollMs).unref();
  return {
    sessionsFile,
    mask: createMask(() => known),
    learn,
    learnTarget: ({ otp, env }, variables) => {
      if (otp.from === 'fixed') known.add(otp.code);
      for (const name of env) if ((variables[name] ?? '').length >= minSecretLength) known.add(variables[name] ?? '');
    },
    [Symbol.asyncDispose]: async () => {
      clearInterval(polling);
      await folder[Symbol.asyncDispose]();
    },
  };
}
