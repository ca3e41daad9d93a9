import { appendFileSync } from 'node:fs';
import { createMask } from '../../core/redact.ts';
import { readJson, writeJsonAtomic } from '../../system/files.ts';
import { type ChildReport, childInputSchema } from './contract.ts';
import { runCollection } from './requests.ts';

/**
 * Newman as a process of its own: it keeps a whole run in memory, an exception in one of its callbacks ends its process, and
 * a collection is foreign code. argv: the input file.
 */
const options = childInputSchema.parse(await readJson(process.argv[2] ?? ''));
const secrets = new Set(options.otp.from === 'fixed' ? [options.otp.code] : []);
const mask = createMask(() => secrets);
const maskTexts = (_: string, value: unknown) => (typeof value === 'string' ? mask(value) : value);
const writeReport = (report: ChildReport) =>
  writeJsonAtomic(options.report, JSON.parse(JSON.stringify(report, maskTexts)));

const run = runCollection(options, {
  print: (line) => process.stdout.write(`${mask(line)}\n`),
  learn: (secret) => secrets.add(secret),
  // A script without an end leaves no chance to write a report, so each outcome is on disk before the next request.
  keep: (part) => appendFileSync(options.stream, `${JSON.stringify(part, maskTexts)}\n`),
});

// Out of time or interrupted: the partial report is written, then the signal has its default effect.
process.once('SIGINT', () => {
  void writeReport(run.partialReport('newman was stopped before it completed')).finally(() =>
    process.kill(process.pid, 'SIGINT'),
  );
});

// Newman counts `pm.test('…', async …)` as passed without awaiting it; its failure is visible only here.
process.on('unhandledRejection', (reason) => run.recordRejection(reason));

const report = await run.finished;
await writeReport(report);
process.exitCode = report.failures.length + report.problems.length > 0 ? 1 : 0;
