import type { JourneyStep } from '../core/evidence.ts';
import type { RunEvidence, RunResult } from '../core/run-result.ts';
import { formatMs } from '../core/slo.ts';
import type { Judgement, JudgementStatus, VerdictWord } from '../core/verdict.ts';
import { conflictsIn, intervalOf } from './interval.ts';
import { writeEvent } from './rollout-events.ts';
import { bySeverity, exitMeanings, formatInstant, placeOf, releaseLine, meaningOf } from './words.ts';

const verdictMarks: Record<VerdictWord, string> = { GO: '✅', 'NO-GO': '❌', HOLD: '⏸️' };
const marks: Record<JudgementStatus, string> = { pass: '✅', fail: '❌', inconclusive: '❔', error: '⚠️' };

/** A CI system cuts a summary that is too long, so only so many broken steps are told; the rest is in report.html. */
const toldSteps = 20;

/** GitHub-flavoured Markdown: what a CI job's summary shows. */
export function markdownSummary(result: RunResult, evidence: RunEvidence): string {
  const { word, because } = result.verdict;
  const blocks = [
    `# ${verdictMarks[word]} ${word}: ${text(placeOf(result))}`,
    `**${meaningOf(result)}** ${text(because)}`,
    facts(result),
    '## Checks',
    checks(result),
    rollout(evidence),
    conflicts(result),
    brokenSteps(evidence),
    load(evidence),
    notChecked(result),
    list('## Remarks', result.deviations.map(text)),
  ];
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`;
}

function facts(result: RunResult): string {
  const { verb, runId, startedAt, durationMs, exitCode, interrupted, rejudged, tools } = result;
  const told = tools.map(({ name, version }) => `${name} ${version}`).join(', ');
  return table([
    ['Run', ''],
    ['Command', `${text(verb)} (${text(runId)})`],
    ['Release', text(releaseLine(result))],
    ['When', `${text(formatInstant(startedAt))}, for ${formatMs(durationMs)}${interrupted ? ', **interrupted**' : ''}`],
    ['Exit code', `${exitCode} (${exitMeanings[exitCode]})`],
    ...(rejudged ? [['Judged again', `${text(formatInstant(rejudged.at))} by ${text(rejudged.sloFile)}`]] : []),
    ...(told === '' ? [] : [['Tools', text(told)]]),
  ]);
}

function checks({ judgements, slos }: RunResult): string {
  if (judgements.length === 0) return 'Nothing was judged.';
  const row = (judgement: Judgement): string[] => {
    const interval = intervalOf(judgement, slos);
    const actual = interval ? `${judgement.actual}; ${interval.told}` : judgement.actual;
    return [
      `${marks[judgement.status]} ${judgement.status}`,
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
    const told = writeEvent(event);
    return told
      ? [[formatMs(Math.max(0, Date.parse(event.at) - begin)), text(told.what), told.clause ?? '', text(told.how)]]
      : [];
  });
  return rows.length === 0 ? '' : `## Rollout\n\n${table([['After', 'What', 'Clause', 'How'], ...rows])}`;
}

const ids = (requestIds: readonly string[]): string =>
  requestIds.length === 0 ? '' : `<br>Request ids: ${requestIds.slice(0, 3).map(text).join(', ')}`;

const conflicts = ({ judgements, slos }: RunResult): string =>
  list(
    '## Conflicting clauses',
    conflictsIn(judgements, slos).map(
      ({ judgement, kept, tripped }) =>
        `${text(judgement.title)}: clause ${kept} is kept and clause ${tripped} is tripped. The stricter wins.`,
    ),
  );

function brokenSteps({ smoke }: RunEvidence): string {
  const broken = smoke.flatMap(({ outcome, steps }) =>
    steps.filter(({ status }) => status !== 'pass').map((step) => [outcome.tool, step] as const),
  );
  if (broken.length === 0) return '';
  const more = broken.length > toldSteps ? `\n\n… and ${broken.length - toldSteps} more.` : '';
  const rows = broken.slice(0, toldSteps).map(stepRow);
  return `## Steps that did not pass\n\n${table([['Status', 'Step', 'Why', 'Request ids'], ...rows])}${more}`;
}

const stepRow = ([tool, step]: readonly [string, JourneyStep]): string[] => [
  text(step.status),
  `${text(tool)}: ${text(step.name)}`,
  text(step.assertions.find(({ ok }) => !ok)?.message ?? step.error ?? ''),
  text(step.requestIds.join(', ')),
];

function load({ load: seen }: RunEvidence): string {
  if (!seen) return '';
  const percentiles = (['p50Ms', 'p95Ms', 'p99Ms'] as const).flatMap((key) => {
    const value = seen.percentiles[key];
    return value === undefined ? [] : [`${key.slice(0, 3).toUpperCase()} ${formatMs(value)}`];
  });
  return `## Load\n\nProfile ${text(seen.profile)}: ${seen.requests} requests, ${seen.iterations} iterations. ${percentiles.join(', ')}`.trim();
}

const notChecked = ({ notChecked: checksLeft }: RunResult): string =>
  list(
    '## Not checked',
    checksLeft.map((check) => {
      const must = check.required && check.reason === 'skipped' ? ', **required**' : '';
      return `${text(check.title)} (${check.clauses.join(', ')}), ${check.reason}${must}: ${text(check.because)}`;
    }),
  );

const list = (title: string, items: readonly string[]): string =>
  items.length === 0 ? '' : [title, '', ...items.map((item) => `- ${item}`)].join('\n');

const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

function table([head = [], ...rows]: readonly (readonly string[])[]): string {
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** Text from outside: on one line, cut where nobody would read on, and without any character that Markdown or HTML reads. */
function text(outside: string): string {
  const flat = outside.replace(/\s+/g, ' ').trim();
  const cut = flat.length > 500 ? `${flat.slice(0, 500)}…` : flat;
  // A backslash would not keep `&` and `<` from HTML.
  return cut
    .replace(/[\\`*_[\]|~#!]/g, '\\$&')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');
}
