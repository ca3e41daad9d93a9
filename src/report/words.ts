import type { Phase } from '../core/rollout/advance.ts';
import type { RunResult } from '../core/run-result.ts';
import { formatCount } from '../core/slo.ts';
import type { ExitCode, Judgement, JudgementStatus, VerdictWord } from '../core/verdict.ts';

/** Worst first: the order in which a person wants to read. */
export const severity: readonly JudgementStatus[] = ['fail', 'error', 'inconclusive', 'pass'];

export const bySeverity = (judgements: readonly Judgement[]): Judgement[] =>
  judgements.toSorted((a, b) => severity.indexOf(a.status) - severity.indexOf(b.status));

/** How many judgements ended in each status, in words. */
export const tallyWords: Record<JudgementStatus, string> = {
  fail: 'failed',
  error: 'could not be seen',
  inconclusive: 'too little evidence',
  pass: 'passed',
};

const verdictMeanings: Record<VerdictWord, string> = {
  GO: 'This release may take traffic.',
  'NO-GO': 'This release must not take traffic.',
  HOLD: 'Traffic stays where it is.',
};

/** Where a rollout has left users. */
const rolloutMeanings: Record<Phase, string> = {
  planned: 'Nothing was touched.',
  progressing: 'Traffic stays where it is, and the rollout is open.',
  'rolling-back': 'The rollout is on its way back, and open.',
  promoted: 'This release has all traffic.',
  'rolled-back': 'The previous release has all traffic.',
  'rollback-failed': 'A person is needed.',
};

/** The verdict in a sentence: whether a release may have traffic, or what a rollout has made of it. */
export const meaningOf = ({ verdict, rollout }: RunResult): string =>
  rollout ? rolloutMeanings[rollout.phase] : verdictMeanings[verdict.word];

export const exitMeanings: Record<ExitCode, string> = {
  0: 'Go',
  1: 'No-Go',
  2: 'wrong command or configuration',
  3: 'Hold',
  4: 'a person is needed',
  130: 'interrupted',
};

/** `sandbox / green`, the place that was looked at. */
export const placeOf = ({ target }: RunResult): string => `${target.name} / ${target.environment}`;

/** What was expected and what answered, as one line. */
export function releaseLine({ expectedRelease, seenReleases }: RunResult): string {
  const seen = seenReleases.length > 0 ? seenReleases.join(', ') : 'no answer told its release';
  if (expectedRelease === undefined) return seenReleases.length > 0 ? `${seen} (none was expected)` : 'not told';
  return seenReleases.length === 1 && seen === expectedRelease ? seen : `${expectedRelease} expected; seen: ${seen}`;
}

/** `2026-11-23 08:22:37 UTC`; a text that is no time is shown as it is. */
export function formatInstant(iso: string): string {
  const time = Date.parse(iso);
  return Number.isNaN(time) ? iso : `${new Date(time).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

export const plural = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`;

/** `n = 4 812`, unless what was seen says so already. */
export const samplesOf = ({ samples, actual }: Judgement): string | undefined =>
  samples === undefined || broken(actual).includes(formatCount(samples)) ? undefined : `n = ${formatCount(samples)}`;

/** A number, its thousands and its unit stay on one line, however narrow the column; `broken` takes that back. */
export const unbroken = (text: string): string =>
  text.replace(/(?<=\d) (?=%|\d|ms\b|s\b)|(?<=[<>=]) (?=\d)|(?<=\bn) (?==)/g, '\u00A0');
export const broken = (text: string): string => text.replaceAll('\u00A0', ' ');
