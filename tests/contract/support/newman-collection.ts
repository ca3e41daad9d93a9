import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import type { SmokeEvidence } from '../../../src/core/evidence.ts';
import { originsOf } from '../../../src/core/origins.ts';
import type { OtpDelivery } from '../../../src/core/service.ts';
import { childInputOf, interpretReport } from '../../../src/runners/newman.ts';
import type { ChildReport } from '../../../src/runners/newman-child/contract.ts';
import { runCollection } from '../../../src/runners/newman-child/requests.ts';
import { type Item, type NewmanDouble, requestItem, writeCollection } from '../../e2e/support/newman-double.ts';

interface Options {
  readonly otp?: OtpDelivery;
  readonly event?: unknown;
}

interface FinishedCollection {
  readonly evidence: SmokeEvidence;
  readonly report: ChildReport;
  readonly sessionsFile: string;
}

const finished: SmokeEvidence['outcome'] = {
  tool: 'newman',
  version: '',
  command: [],
  exitCode: 0,
  signal: null,
  timedOut: false,
  interrupted: false,
  startedAt: '',
  durationMs: 1,
  stdout: '',
  stderr: '',
};

/** Runs collections against the double as the child does, in this process. */
export function collectionRuns(double: () => NewmanDouble) {
  async function run(items: readonly object[], { otp, event }: Options = {}): Promise<FinishedCollection> {
    const runFolder = await mkdtemp(join(double().folder, 'run-'));
    const collection = await writeCollection(runFolder, items, event === undefined ? {} : { event });
    const sessionsFile = join(runFolder, 'sessions.json');
    const target = double().target(otp);
    const input = childInputOf({ target, collection, sessionsFile, budgetMs: 20_000 }, '', {
      PATH: process.env['PATH'] ?? '',
    });
    const report = await runCollection(input, { print: () => undefined, learn: () => undefined }).finished;
    const exitCode = report.failures.length + report.problems.length > 0 ? 1 : 0;
    const outcome = { ...finished, exitCode };
    const evidence = {
      kind: 'smoke' as const,
      outcome,
      files: [],
      origins: originsOf(target),
      ...interpretReport(report, target),
    };
    return { evidence, report, sessionsFile };
  }
  return { run, runItems: (items: readonly Item[], options?: Options) => run(items.map(requestItem), options) };
}
