import type { JourneyStep } from '../core/evidence.ts';
import { checklistSections } from '../core/checklist.ts';
import { checklistOfRun, coversSop } from '../core/run-checklist.ts';
import type { RunEvidence, RunResult } from '../core/run-result.ts';
import { parseTag } from '../core/finding-tag.ts';
import { formatMs } from '../core/slo.ts';
import type { Judgement, VerdictWord } from '../core/verdict.ts';
import { checklistMarks, statusWords } from '../core/checklist-status.ts';
import { conflictsIn, intervalOf } from './interval.ts';
import { bySeverity, exitMeanings, formatInstant, meaningOf, placeOf, releaseLine } from './labels.ts';
import { eventRow } from './rollout-events.ts';

export const verdictMarks: Record<VerdictWord, string> = { GO: '✅', 'NO-GO': '❌', HOLD: '⏸️' };
/** A CI system cuts a summary that is too long; report.html has every failed step. */
const maxSteps = 20;

/** GitHub-flavoured Markdown for the summary of a CI job. */
export function markdownSummary(result: RunResult, evidence: RunEvidence): string {
  const { word, because } = result.verdict;
  const blocks = [
    `# ${verdictMarks[word]} ${word}: ${text(placeOf(result))}`,
    `**${meaningOf(result)}** ${text(because)}`,
    facts(result),
    checklist(result),
    '## Checks',
    checks(result),
    rollout(evidence),
    conflicts(result),
    failedSteps(evidence),
    load(evidence),
    notChecked(result),
    list('## Deviations from the SOP', result.deviations.map(text)),
  ];
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`;
}

function facts(result: RunResult): string {
  const { verb, runId, startedAt, durationMs, exitCode, interrupted, rejudged, tools } = result;
  const versions = tools.map(({ name, version }) => `${name} ${version}`).join(', ');
  return table([
    ['Command', text(verb)],
    ['Run id', text(runId)],
    ['Release', text(releaseLine(result))],
    [
      'Started',
      `${text(formatInstant(startedAt))}, took ${formatMs(durationMs)}${interrupted ? ', **interrupted**' : ''}`,
    ],
    ['Exit code', `${exitCode} (${exitMeanings[exitCode]})`],
    ...(rejudged
      ? [['Re-judged', `${text(formatInstant(rejudged.at))}, objectives of ${text(rejudged.sloFile)}`]]
      : []),
    ...(versions === '' ? [] : [['Tools', text(versions)]]),
  ]);
}

/** One row a clause, of a whole release. */
function checklist(result: RunResult): string {
  if (!coversSop(result)) return '';
  const sections = checklistSections(checklistOfRun(result)).map(({ title, rows }) => {
    const cells = rows.map(({ status, clause, title: words, because }) => [
      `${checklistMarks[status]} ${statusWords[status]}`,
      clause,
      text(words),
      text(because),
    ]);
    return `### ${title}\n\n${table([['', 'Clause', 'The SOP', 'Result'], ...cells])}`;
  });
  return ['## Go/No-Go checklist', ...sections].join('\n\n');
}

function checks(result: RunResult): string {
  const { slos } = result;
  if (result.judgements.length === 0) return 'Nothing was judged.';
  // The checklist of a whole release has what passed, clause by clause.
  const judgements = result.judgements.filter(({ status }) => !coversSop(result) || status !== 'pass');
  if (judgements.length === 0) return 'Every check passed.';
  const row = (judgement: Judgement): string[] => {
    const interval = intervalOf(judgement, slos);
    const actual = interval ? `${judgement.actual}; ${interval.description}` : judgement.actual;
    return [
      `${checklistMarks[judgement.status]} ${judgement.status}`,
      judgement.clauses.join(', '),
      `**${text(judgement.title)}**<br>${text(judgement.because)}${ids(judgement.requestIds)}`,
      text(actual),
      text(judgement.expected),
    ];
  };
  return table([['', 'Clause', 'Check', 'Actual', 'Expected'], ...bySeverity(judgements).map(row)]);
}

function rollout({ rollout: record }: RunEvidence): string {
  if (!record) return '';
  const begin = Date.parse(record.events[0]?.at ?? '');
  const rows = record.events.flatMap((event) => {
    const row = eventRow(event);
    if (!row) return [];
    const elapsed = formatMs(Math.max(0, Date.parse(event.at) - begin));
    return [[elapsed, text(row.event), row.clause ?? '', text(row.result)]];
  });
  return rows.length === 0 ? '' : `## Rollout\n\n${table([['Elapsed', 'Event', 'Clause', 'Result'], ...rows])}`;
}

const ids = (requestIds: readonly string[]): string =>
  requestIds.length === 0 ? '' : `<br>Request ids: ${requestIds.slice(0, 3).map(text).join(', ')}`;

const conflicts = ({ judgements, slos }: RunResult): string =>
  list(
    '## Conflicting clauses',
    conflictsIn(judgements, slos).map(
      ({ judgement, met, exceeded }) =>
        `${text(judgement.title)}: meets clause ${met}, exceeds the rollback criterion ${exceeded}. The stricter clause applies.`,
    ),
  );

function failedSteps({ smoke }: RunEvidence): string {
  const failed = smoke.flatMap(({ outcome, steps }) =>
    steps.filter(({ status }) => status !== 'pass').map((step) => [outcome.tool, step] as const),
  );
  if (failed.length === 0) return '';
  const more = failed.length > maxSteps ? `\n\n… and ${failed.length - maxSteps} more.` : '';
  const rows = failed.slice(0, maxSteps).map(stepRow);
  return `## Steps that did not pass\n\n${table([['Status', 'Step', 'Reason', 'Request ids'], ...rows])}${more}`;
}

const stepRow = ([tool, step]: readonly [string, JourneyStep]): string[] => [
  text(step.status),
  `${text(tool)}: ${text(parseTag(step.name).text)}`,
  text(step.assertions.find(({ ok }) => !ok)?.message ?? step.error ?? ''),
  text(step.requestIds.join(', ')),
];

function load({ load: evidence }: RunEvidence): string {
  if (!evidence) return '';
  const percentiles = (['p50Ms', 'p95Ms', 'p99Ms'] as const).flatMap((key) => {
    const value = evidence.percentiles[key];
    return value === undefined ? [] : [`${key.slice(0, 3).toUpperCase()} ${formatMs(value)}`];
  });
  return `## Load\n\nProfile ${text(evidence.profile)}: ${evidence.requests} requests, ${evidence.iterations} iterations. ${percentiles.join(', ')}`.trim();
}

const notChecked = ({ notChecked: skipped }: RunResult): string =>
  list(
    '## Not checked',
    skipped.map((check) => {
      const required = check.required && check.reason === 'skipped' ? ', **required**' : '';
      return `${text(check.title)}${check.clauses.length === 0 ? '' : ` (${check.clauses.join(', ')})`}, ${check.reason}${required}: ${text(check.because)}`;
    }),
  );

const list = (title: string, items: readonly string[]): string =>
  items.length === 0 ? '' : [title, '', ...items.map((item) => `- ${item}`)].join('\n');

const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

function table([head = [], ...rows]: readonly (readonly string[])[]): string {
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** Text from outside: on one line, at most 500 characters, with the characters of Markdown and HTML escaped. */
function text(outside: string): string {
  const flat = outside.replace(/\s+/g, ' ').trim();
  const cut = flat.length > 500 ? `${flat.slice(0, 500)}…` : flat;
  // A backslash does not escape `&` and `<` in HTML.
  return cut
    .replace(/[\\`*_[\]|~#!]/g, '\\$&')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');
}

/**
 * Text from outside without what GitHub itself makes of it: a mention, a reference to an issue, a link of a bare address; nor
 * what would begin a list, a rule or a heading in the place of a text.
 */
export const inertText = (outside: string): string =>
  text(outside)
    .replaceAll(/[@#]/g, '$&\u200B')
    .replaceAll('://', ':\u200B//')
    .replaceAll(/\bwww\./gi, 'www\u200B.')
    .replaceAll(/\bGH-(?=\d)/gi, 'GH\u200B-')
    .replace(/^([-+=])/, '\\$1')
    .replace(/^(\d+)([.)])/, '$1\\$2');

export { table as markdownTable };
