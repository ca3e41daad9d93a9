import { join } from 'node:path';
import { createMask, type Mask } from '../core/redact.ts';
import type { Sessions, Target } from '../core/target.ts';
import { readText } from '../system/files.ts';
import { privateFolder } from '../system/private-folder.ts';

/** What a run must not tell, and the private file through which its tools share their logins. */
export interface RunSecrets extends AsyncDisposable {
  readonly sessionsFile: string;
  readonly mask: Mask;
  /** From here on no token that was issued so far gets into a file or a line, whatever shape it has. */
  readonly learn: () => Promise<void>;
  /** A fixed code, and what the target's commands get from the environment. */
  readonly learnTarget: (
    target: Pick<Target, 'otp' | 'env'>,
    variables: Readonly<Record<string, string | undefined>>,
  ) => void;
}

/** A shorter value is a word (`staging`, `green`) that the journal itself is written in, and no secret. */
const leastSecret = 8;

/** A tool that has logged in may print its token in the next moment. */
const lookEveryMs = 200;

export async function openRunSecrets(): Promise<RunSecrets> {
  const folder = await privateFolder('sessions');
  const sessionsFile = join(folder.path, 'sessions.json');
  const known = new Set<string>();
  const learn = async (): Promise<void> => {
    const sessions = JSON.parse((await readText(sessionsFile)) ?? '{}') as Sessions;
    for (const session of Object.values(sessions)) known.add(session.accessToken).add(session.refreshToken);
  };
  const looking = setInterval(() => void learn().catch(() => undefined), lookEveryMs).unref();
  return {
    sessionsFile,
    mask: createMask(() => known),
    learn,
    learnTarget: ({ otp, env }, variables) => {
      if (otp.from === 'fixed') known.add(otp.code);
      for (const name of env) if ((variables[name] ?? '').length >= leastSecret) known.add(variables[name] ?? '');
    },
    [Symbol.asyncDispose]: async () => {
      clearInterval(looking);
      await folder[Symbol.asyncDispose]();
    },
  };
}
