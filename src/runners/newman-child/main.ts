import { createMask } from '../../core/redact.ts';
import { readJson, writeJsonAtomic } from '../../system/files.ts';
import { type ChildReport, childQuestionSchema } from './contract.ts';
import { walkCollection } from './walk.ts';

/**
 * Newman as a process of its own: it keeps a whole run in memory, an exception in one of its callbacks ends its process, and
 * a collection is somebody's code. argv: the file with the question.
 */
const question = childQuestionSchema.parse(await readJson(process.argv[2] ?? ''));
const secrets = new Set(question.otp.from === 'fixed' ? [question.otp.code] : []);
const mask = createMask(() => secrets);
const maskTexts = (_: string, value: unknown) => (typeof value === 'string' ? mask(value) : value);
const leave = (report: ChildReport) => writeJsonAtomic(question.report, JSON.parse(JSON.stringify(report, maskTexts)));

const walk = walkCollection(question, {
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
