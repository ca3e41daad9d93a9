import { type GateEvidence, type GateId, gates, type GateReport } from '../gate.ts';
import { formatCount, formatMs } from '../slo.ts';
import type { Judgement, JudgementStatus, NotChecked } from '../verdict.ts';

/** Clause 1.1: each gate by its tool's own report. An exit code of 0 with nothing done is no pass. */
export const judgeGates = (evidence: readonly GateEvidence[]): Judgement[] =>
  evidence.map((gate) => {
    const { title, clause, unit } = gates[gate.gate];
    return {
      id: `gate.${gate.gate}`,
      title,
      clauses: [clause],
      ...decide(gate),
      expected: unit === 'test' ? 'at least one test, and none fails' : 'at least one file, and no issue',
      actual: isOver(gate) ? describeReport(gate.report, unit) : 'no report',
      ...(gate.report?.ran === undefined ? {} : { samples: gate.report.ran }),
      evidence: gate.files,
      requestIds: [],
    };
  });

/** Whether the tool ended by itself and reported what it did. */
const isOver = (gate: GateEvidence): gate is GateEvidence & { readonly report: GateReport } =>
  gate.report !== undefined && gate.problems.length === 0 && !gate.outcome.timedOut && !gate.outcome.interrupted;

interface Decision {
  readonly status: JudgementStatus;
  readonly because: string;
}

function decide({ gate, report, outcome, problems, format }: GateEvidence): Decision {
  const { unit } = gates[gate];
  const command = `\`${outcome.command.join(' ')}\``;
  const [problem] = problems;
  if (outcome.timedOut)
    return {
      status: 'error',
      because: `${command} was ended at its time limit, after ${formatMs(outcome.durationMs)}.`,
    };
  if (outcome.interrupted) return { status: 'error', because: `${command} was interrupted.` };
  if (!report || problem !== undefined)
    return {
      status: 'error',
      because: `${command}, exit code ${outcome.exitCode ?? 'none'}: ${problem ?? 'no report'}.`,
    };
  const { ran, failed, firstFailure } = report;
  if (failed > 0) {
    const first = firstFailure === undefined ? '' : `: ${firstFailure}`;
    return { status: 'fail', because: `${describeReport(report, unit)}${first}.` };
  }
  if (outcome.exitCode !== 0)
    return {
      status: 'fail',
      because: `${command} ended with exit code ${outcome.exitCode ?? 'none'}, and its report names no failure.`,
    };
  if (ran === undefined && unit === 'test')
    return {
      status: 'inconclusive',
      because: `${command} ended with exit code 0, and the format ${format} does not report whether any test ran.`,
    };
  if (ran === 0) return { status: 'inconclusive', because: unit === 'test' ? 'No test ran.' : 'No file was read.' };
  const tolerated = report.tolerated === undefined || firstFailure === undefined ? '' : `: ${firstFailure}`;
  return { status: 'pass', because: `${describeReport(report, unit)}${tolerated}.` };
}

function describeReport({ ran, failed, skipped, tolerated = 0 }: GateReport, unit: 'file' | 'test'): string {
  if (ran === undefined) return failed > 0 ? 'it failed' : 'exit code 0';
  if (unit === 'file') {
    const infos = tolerated === 0 ? '' : `, ${count(tolerated, 'info')} accepted by the command`;
    return `${formatCount(failed)} ${failed === 1 ? 'issue' : 'issues'} in ${count(ran, 'file')}${infos}`;
  }
  const left = skipped > 0 ? `, ${formatCount(skipped)} skipped` : '';
  return failed > 0
    ? `${formatCount(failed)} failed of ${count(ran, 'test')}${left}`
    : `${count(ran, 'test')} passed${left}`;
}

const count = (number: number, unit: string): string => `${formatCount(number)} ${number === 1 ? unit : `${unit}s`}`;

/** A gate that the target does not have, with its reason, or that its file does not mention: then it is required. */
export const withoutGate = (gate: GateId, off: string | undefined): NotChecked => {
  const { title, clause } = gates[gate];
  const base = { id: `gate.${gate}`, title, clauses: [clause] };
  return off === undefined
    ? {
        ...base,
        reason: 'skipped',
        because: `the target file names no command: preflight.gates.${gate}, or { off: REASON }`,
        required: true,
      }
    : { ...base, reason: 'not-applicable', because: `target file: ${off}`, required: false };
};
