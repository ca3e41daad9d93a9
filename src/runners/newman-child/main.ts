import { createMask } from '../../core/redact.ts';
import { readJson, writeJsonAtomic } from '../../system/files.ts';
import { type ChildReport, childInputSchema } from './contract.ts';
import { runCollection } from './requests.ts';

/**
 * Newman as a process of its own: it keeps a whole run in memory, an exception in one of its callbacks ends its process, and
 * a collection is somebody's code. argv: the file with the question.
 */
const options = childInputSchema.parse(await readJson(process.argv[2] ?? ''));
const secrets = new Set(options.otp.from === 'fixed' ? [options.otp.code] : []);
const mask = createMask(() => secrets);
const maskTexts = (_: string, value: unknown) => (typeof value === 'string' ? mask(value) : value);
const leave = (report: ChildReport) => writeJsonAtomic(options.report, JSON.parse(JSON.stringify(report, maskTexts)));

const walk = runCollection(options, {
  say: (line) => process.stdout.write(`${mask(line)}\n`),
  learn: (secret) => secrets.add(secret),
});

// Out of time or interrupted: what was seen so far is told, and then the signal does what it always does.
process.once('SIGINT', () => {
  void leave(walk.soFar('newman was stopped before its end')).finally(() => process.kill(process.pid, 'SIGINT'));
});

// Newman counts `pm.test('…', async …)` as passed whatever becomes of it; its failure surfaces only here.
process.on('unhandledRejection', (reason) => walk.blame(reason));

const report = await walk.finished;
await leave(report);
process.exitCode = report.failures.length + report.problems.length > 0 ? 1 : 0;
