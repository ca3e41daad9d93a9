import type { EventEmitter } from 'node:events';
import type { Sessions } from '../../core/target.ts';
import { readJson, writeJsonAtomic } from '../../system/files.ts';
import type { ChildInput } from './contract.ts';
import type { RequestEvent } from './newman-events.ts';

const tokenLifeMs = 15 * 60_000;

/**
 * A login of the collection serves the other tools of the run too. It is read from the answer, not from the collection's
 * variables, so that any collection shares its sessions.
 */
export function createSessionKeeper({ sessionsFile, emails, login }: ChildInput, learn: (secret: string) => void) {
  let written: Promise<unknown> = Promise.resolve();

  async function keep(sessions: Sessions): Promise<void> {
    const held = await readJson(sessionsFile).catch(() => undefined);
    await writeJsonAtomic(sessionsFile, { ...(held as Sessions | undefined), ...sessions }, 0o600);
  }

  function readAnswer({ request, response }: RequestEvent): void {
    const body = parse(response?.text());
    const data = login.envelope === undefined ? body : fieldOf(body, login.envelope);
    const [otp, accessToken, refreshToken] = ['otp', login.access, login.refresh].map((path) => fieldOf(data, path));
    for (const secret of [otp, accessToken, refreshToken]) if (typeof secret === 'string') learn(secret);
    const { pathname } = new URL(request.url.toString(), 'http://localhost');
    if (response?.code !== 200 || login.verify === undefined || !pathname.endsWith(login.verify)) return;
    const email = parse(request.body?.raw)['email'];
    const role = Object.keys(emails).find((each) => emails[each] === email);
    if (role === undefined || typeof accessToken !== 'string' || typeof refreshToken !== 'string') return;
    const session = { email: String(email), accessToken, refreshToken, expiresAt: Date.now() + tokenLifeMs };
    written = written.then(() => keep({ [role]: session }));
  }

  return {
    listenTo: (emitter: EventEmitter) =>
      void emitter.on('request', (_: unknown, event: RequestEvent) => {
        if (event.response) readAnswer(event);
      }),
    /** Rejects when a session could not be kept. */
    written: () => written,
  };
}

/** A dotted field of an answer. */
function fieldOf(value: unknown, path: string): unknown {
  let found = value;
  for (const key of path.split('.')) found = isRecord(found) ? found[key] : undefined;
  return found;
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

function parse(text: string | undefined): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text ?? '');
    return isRecord(value) ? value : {};
  } catch {
    return {};
  }
}
