import type { Phase } from '../core/rollout/advance.ts';
import type { RunResult } from '../core/run-result.ts';
import { formatCount } from '../core/slo.ts';
import type { ExitCode, Judgement, JudgementStatus, VerdictWord } from '../core/verdict.ts';

/** Worst first. */
export const severity: readonly JudgementStatus[] = ['fail', 'error', 'inconclusive', 'accepted', 'pass'];

export const bySeverity = (judgements: readonly Judgement[]): Judgement[] =>
  judgements.toSorted((a, b) => severity.indexOf(a.status) - severity.indexOf(b.status));

/** The status behind a number of checks. */
export const tallyLabels: Record<JudgementStatus, string> = {
  fail: 'failed',
  error: 'could not be measured',
  inconclusive: 'inconclusive',
  accepted: 'accepted',
  pass: 'passed',
};

const verdictMeanings: Record<VerdictWord, string> = {
  GO: 'This release may take traffic.',
  'NO-GO': 'This release must not take traffic.',
  HOLD: 'Traffic stays where it is.',
};

const preflightMeanings: Record<VerdictWord, string> = {
  GO: 'This release may be shipped.',
  'NO-GO': 'This release must not be shipped.',
  HOLD: 'This release is not shipped yet.',
};

/** Where a rollout has left the traffic. */
const rolloutMeanings: Record<Phase, string> = {
  planned: 'Nothing was changed.',
  progressing: 'Traffic stays where it is; the rollout is open.',
  'rolling-back': 'Rolling back; the rollback is not complete.',
  promoted: 'This release has all traffic.',
  'rolled-back': 'Rolled back: the previous release has all traffic.',
  'rollback-failed': 'Rollback failed: intervention required.',
};

/** The verdict in a sentence: whether a release may be shipped or take traffic, or where a rollout has left it. */
export function meaningOf({ verb, verdict, rollout }: RunResult): string {
  if (rollout) return rolloutMeanings[rollout.phase];
  return (verb === 'preflight' ? preflightMeanings : verdictMeanings)[verdict.word];
}

export const exitMeanings: Record<ExitCode, string> = {
  0: 'GO',
  1: 'NO-GO',
  2: 'wrong command or configuration',
  3: 'HOLD',
  4: 'intervention required',
  130: 'interrupted',
};

/** `sandbox / green`. */
export const placeOf = ({ target }: RunResult): string => `${target.name} / ${target.environment}`;

/** The release that was expected and those that responses named, as one line. */
export function releaseLine({ verb, expectedRelease, seenReleases }: RunResult): string {
  // A preflight asks no instance: the release runs nowhere yet.
  if (verb === 'preflight' && seenReleases.length === 0) return expectedRelease ?? 'unknown release';
  const observed = seenReleases.length > 0 ? seenReleases.join(', ') : 'no response named a release';
  if (expectedRelease === undefined)
    return seenReleases.length > 0 ? `${observed} (none was expected)` : 'unknown release';
  return seenReleases.length === 1 && observed === expectedRelease
    ? observed
    : `${expectedRelease} expected; observed: ${observed}`;
}

/** `2026-11-23 08:22:37 UTC`; a text that is no time is returned as it is. */
export function formatInstant(iso: string): string {
  const time = Date.parse(iso);
  return Number.isNaN(time) ? iso : `${new Date(time).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

export const plural = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`;

/** `n = 4 812`, unless the measured value already contains the number. */
export const samplesOf = ({ samples, actual }: Judgement): string | undefined =>
  samples === undefined || breakable(actual).includes(formatCount(samples)) ? undefined : `n = ${formatCount(samples)}`;

/** Keeps a number, its thousands and its unit on one line in a narrow column; `breakable` undoes it. */
export const unbreakable = (text: string): string =>
  text.replace(/(?<=\d) (?=%|\d|ms\b|s\b)|(?<=[<>=]) (?=\d)|(?<=\bn) (?==)/g, '\u00A0');
export const breakable = (text: string): string => text.replaceAll('\u00A0', ' ');
