import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import newman from 'newman';
import type { ChildQuestion, ChildReport } from './contract.ts';
import { describeExecution, flattenItems } from './describe.ts';
import { openOtpDesk } from './otp-desk.ts';
import { keepSession } from './sessions.ts';

/**
 * Runs one collection by newman's library, in a process of its own: newman keeps the whole run in memory, and an exception
 * in one of its callbacks ends the process. No handler for unhandled rejections is installed on purpose, because with one a
 * failing `pm.test('…', async …)` would be counted as passed.
 */
const question = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as ChildQuestion;
const desk = question.otp.from === 'command' ? await openOtpDesk(question.otp.command) : undefined;
const variables = { ...question.variables, ...(desk ? { otp_url: desk.address } : {}) };
const executions: ChildReport['executions'][number][] = [];

const emitter = newman.run(
  {
    collection: JSON.parse(readFileSync(question.collection, 'utf8')),
    ...(question.environmentFile ? { environment: JSON.parse(readFileSync(question.environmentFile, 'utf8')) } : {}),
    envVar: Object.entries(variables).map(([key, value]) => ({ key, value })),
    reporters: [],
    insecureFileRead: false,
    timeout: question.timeoutMs,
    timeoutRequest: question.requestTimeoutMs,
    // A script may wait a rate limit out, which takes a minute.
    timeoutScript: 90_000,
  },
  (error, summary) => {
    const known = flattenItems(summary?.collection);
    const report: ChildReport = {
      ...runError(error, summary?.run),
      items: known,
      executions,
      failures: (summary?.run.failures ?? []).map((failure) => failure.error.message),
    };
    writeReport(report);
    void desk?.close();
  },
);

// newman tells the requests that scripts send by the same event; the collection's own is the first after its pre-request scripts.
let awaited = false;
emitter.on('prerequest', () => {
  awaited = true;
});
emitter.on('request', (error, args) => {
  keepSession(question, args);
  if (awaited) executions.push(describeExecution(error, args));
  awaited = false;
});
emitter.on('assertion', (error, args) => {
  executions.at(-1)?.assertions.push({
    name: String(args.assertion),
    ok: error === null || error === undefined,
    skipped: args.skipped === true,
    ...(error ? { message: error.message } : {}),
  });
});
emitter.on('script', (error) => {
  if (error) executions.at(-1)?.scriptErrors.push(error.message);
});
emitter.on('item', (_, args) => {
  process.stdout.write(`${args.item.name}\n`);
});

/** newman tells a run that ended early in either of two places; its types know one of them. */
function runError(error: Error | null, run: object | undefined): { error?: string } {
  const found = error ?? (run as { error?: { message?: string } } | undefined)?.error;
  return found ? { error: found.message ?? 'the run ended early' } : {};
}

function writeReport(report: ChildReport): void {
  mkdirSync(dirname(question.report), { recursive: true });
  writeFileSync(`${question.report}.part`, JSON.stringify(report));
  renameSync(`${question.report}.part`, question.report);
}
