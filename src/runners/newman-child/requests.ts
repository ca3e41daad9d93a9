import { dirname } from 'node:path';
import newman from 'newman';
import { messageOf } from '../../core/errors.ts';
import { readJson } from '../../system/files.ts';
import { asyncTestsIn } from './collection.ts';
import type { ChildInput, ChildReport } from './contract.ts';
import { openOtpServer } from './otp-server.ts';
import { createRecorder } from './recorder.ts';
import { createSessionKeeper } from './sessions.ts';

interface Listener {
  readonly say: (line: string) => void;
  readonly learn: (secret: string) => void;
}

interface Walk {
  /** Never rejects. */
  readonly finished: Promise<ChildReport>;
  readonly soFar: (problem: string) => ChildReport;
  /** Something went wrong that newman does not know of. */
  readonly blame: (reason: unknown) => void;
}

/** A script may wait a rate limit out, which takes a minute. */
const scriptTimeoutMs = 90_000;
/** Newman's own limit is the second net: the runner ends this process when the budget is spent. */
const lateMs = 10_000;

/** Walks one collection by newman's library. */
export function runCollection(options: ChildInput, { say, learn }: Listener): Walk {
  const recorder = createRecorder(say);
  const sessions = createSessionKeeper(options, learn);

  async function run(): Promise<ChildReport> {
    const collection = await readExisting(options.collection);
    const environment = options.environmentFile === undefined ? undefined : await readExisting(options.environmentFile);
    const unwaited = asyncTestsIn(collection).map(
      (name) => `"${name}" has an async pm.test, which newman does not wait for`,
    );
    await using otpServer =
      options.otp.from === 'command' ? await openOtpServer(options.otp.command, options, learn) : undefined;
    const variables = { ...options.variables, ...(otpServer ? { otp_url: otpServer.address } : {}) };
    const ending = await new Promise<string[]>((resolve) => {
      const emitter = newman.run(
        {
          collection,
          ...(environment === undefined ? {} : { environment }),
          envVar: Object.entries(variables).map(([key, value]) => ({ key, value })),
          reporters: [],
          workingDir: dirname(options.collection),
          // A collection is somebody's code: it may send no file of this machine, and certificates are checked.
          insecureFileRead: false,
          insecure: false,
          timeout: options.timeoutMs + lateMs,
          timeoutRequest: options.requestTimeoutMs,
          timeoutScript: scriptTimeoutMs,
        },
        // Newman tells a run that ended early in either of two places; its types know one of them.
        (error, summary) => {
          const found = error ?? (summary?.run as { error?: Error | null } | undefined)?.error;
          resolve(found ? [`newman: ${found.message}`] : []);
        },
      );
      recorder.listenTo(emitter);
      sessions.listenTo(emitter);
    });
    await sessions.written();
    return recorder.report([...unwaited, ...ending, ...(otpServer?.problems ?? [])]);
  }

  return {
    finished: run().catch((error: unknown) => recorder.report([messageOf(error)])),
    soFar: (problem) => recorder.report([problem]),
    blame: (reason) => recorder.blame(reason),
  };
}

async function readExisting(path: string): Promise<object> {
  const found = await readJson(path).catch((error: unknown) => {
    throw new Error(`${path} cannot be read: ${messageOf(error)}`);
  });
  if (typeof found === 'object' && found !== null) return found;
  throw new Error(found === undefined ? `there is no file ${path}` : `${path} is not what Postman exports`);
}
