import { dirname } from 'node:path';
import newman from 'newman';
import { messageOf } from '../../core/errors.ts';
import { readJson, readText } from '../../system/files.ts';
import { asyncTestsIn, readCollection } from './collection.ts';
import type { ChildInput, ChildPart, ChildReport } from './contract.ts';
import { guardScripts } from './guard.ts';
import { openOtpServer } from './otp-server.ts';
import { createRecorder } from './recorder.ts';
import { createSessionKeeper } from './sessions.ts';

interface Listener {
  readonly print: (line: string) => void;
  /** A value that must not be in any output. */
  readonly learn: (secret: string) => void;
  /** Called with each part of the report as soon as it is known. */
  readonly keep?: (part: ChildPart) => void;
}

interface CollectionRun {
  /** Never rejects. */
  readonly finished: Promise<ChildReport>;
  /** What was recorded until now, and the problem that ended the run. */
  readonly partialReport: (problem: string) => ChildReport;
  readonly recordRejection: (reason: unknown) => void;
}

/** A script may wait until a rate limit is over, which takes a minute. */
const scriptTimeoutMs = 90_000;
/** Newman's own limit is the second one: the runner ends this process when the budget is spent. */
const graceMs = 10_000;

/** Runs one collection with newman's library. */
export function runCollection(options: ChildInput, { print, learn, keep }: Listener): CollectionRun {
  const recorder = createRecorder(options.headers, print, keep);
  const sessions = createSessionKeeper(options, learn);

  async function run(): Promise<ChildReport> {
    const collection = await readExistingCollection(options.collection);
    const environment = options.environmentFile === undefined ? undefined : await readExisting(options.environmentFile);
    const notAwaited = asyncTestsIn(collection).map(
      (name) => `"${name}" has an async pm.test, which newman does not await`,
    );
    await using otpServer =
      options.otp.from === 'command' ? await openOtpServer(options.otp.command, options, learn) : undefined;
    if (otpServer) recorder.ignore(otpServer.address);
    const variables = { ...options.variables, ...(otpServer ? { otp_url: otpServer.address } : {}) };
    const ending = await new Promise<string[]>((resolve) => {
      const emitter = newman.run(
        {
          collection: guardScripts(collection),
          ...(environment === undefined ? {} : { environment }),
          ...(options.dataFile === undefined ? {} : { iterationData: options.dataFile }),
          envVar: Object.entries(variables).map(([key, value]) => ({ key, value })),
          reporters: [],
          workingDir: dirname(options.collection),
          // A collection is foreign code: it may send no file of this machine, and certificates are verified.
          insecureFileRead: false,
          insecure: false,
          timeout: options.timeoutMs + graceMs,
          timeoutRequest: options.requestTimeoutMs,
          timeoutScript: scriptTimeoutMs,
          delayRequest: options.delayMs,
        },
        // Newman reports a run that ended early in one of two places; its types declare one of them.
        (error, summary) => {
          const found = error ?? (summary?.run as { error?: Error | null } | undefined)?.error;
          resolve(found ? [`newman: ${found.message}`] : []);
        },
      );
      recorder.listenTo(emitter);
      sessions.listenTo(emitter);
    });
    await sessions.written();
    return recorder.report([...notAwaited, ...ending, ...(otpServer?.problems ?? [])]);
  }

  return {
    finished: run().catch((error: unknown) => recorder.report([messageOf(error)])),
    partialReport: (problem) => recorder.report([problem]),
    recordRejection: (reason) => recorder.recordRejection(reason),
  };
}

async function readExistingCollection(path: string): Promise<object> {
  const text = await readText(path);
  if (text === undefined) throw new Error(`there is no file ${path}`);
  const read = readCollection(text);
  if ('collection' in read) return read.collection;
  throw new Error(`${path} ${read.problem}`);
}

async function readExisting(path: string): Promise<object> {
  const found = await readJson(path).catch((error: unknown) => {
    throw new Error(`${path} cannot be read: ${messageOf(error)}`);
  });
  if (typeof found === 'object' && found !== null) return found;
  throw new Error(found === undefined ? `there is no file ${path}` : `${path} is not what Postman exports`);
}
