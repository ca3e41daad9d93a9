import { type ChecklistRow, checklistSections } from '../core/checklist.ts';
import type { KnownIssue, NotedCommit, NotedMigration, ReleaseNotes } from '../core/release-notes.ts';
import type { ClauseId } from '../core/sop.ts';
import { formatSloNumber } from '../core/slo-numbers.ts';
import { checklistMarks, statusWords } from '../core/checklist-status.ts';
import { formatInstant, plural } from './labels.ts';
import { inertText, verdictMarks } from './markdown.ts';

/** The notes of one release in Markdown, beginning with a heading of the second level. */
export function releaseNotesMarkdown(notes: ReleaseNotes): string {
  const { release, previousRelease, target, at, verdict, reportUrl, commits } = notes;
  const since = previousRelease === undefined ? '' : ` since ${name(previousRelease)}`;
  const report = reportUrl === undefined ? '' : ` · [report](<${linkAddress(reportUrl)}>)`;
  return [
    `## ${name(release)} (${at.slice(0, 10)})`,
    `${plural(commits, 'commit')}${since}, released on ${inertText(target)} at ${formatInstant(at)}${report}`,
    section(
      'Breaking changes',
      notes.breaking.map(({ text, hash }) => withHash(inertText(text), hash)),
    ),
    section('Features', notes.features.map(commitLine)),
    section('Fixes', notes.fixes.map(commitLine)),
    section('Performance', notes.performance.map(commitLine)),
    section('Migrations', notes.migrations.map(migrationLine)),
    section('Known issues', notes.knownIssues.map(issueLine)),
    section('Other', [...notes.other.map(commitLine), ...quietLine(notes)]),
    section(`Verdict: ${verdictMarks[verdict.word]} ${verdict.word}`, verdictLines(notes)),
    checklist(notes),
  ]
    .filter((block) => block !== '')
    .join('\n\n');
}

/** The name of a release has no character that could end a code span, and as one it is neither a mention nor a link. */
const name = (release: string): string => `\`${release.replaceAll('`', '')}\``;

const section = (title: string, lines: readonly string[]): string =>
  lines.length === 0 ? '' : [`### ${title}`, '', ...lines.map((line) => `- ${line}`)].join('\n');

const withHash = (text: string, hash: string): string => `${text} (${hash.slice(0, 8)})`;

function commitLine({ scope, subject, header, type, hash, reverted }: NotedCommit & { reverted?: true }): string {
  const unknown = type !== undefined && !knownTypes.has(type);
  const prefix = scope === undefined || unknown ? '' : `**${inertText(scope)}:** `;
  const text = inertText(unknown || reverted ? header : subject);
  return withHash(`${prefix}${text}${reverted ? ' (reverted in this release)' : ''}`, hash);
}

/** Their section is their type; of any other commit the whole first line is shown. */
const knownTypes: ReadonlySet<string> = new Set(['feat', 'feature', 'fix', 'bugfix', 'hotfix', 'perf']);

const migrationLine = ({ id, class: kind }: NotedMigration): string =>
  `${inertText(id)}${kind === undefined ? '' : ` (${kind})`}`;

const issueLine = (issue: KnownIssue): string =>
  'hash' in issue
    ? withHash(inertText(issue.text), issue.hash)
    : `${inertText(issue.reason)} (accepted until ${inertText(issue.until)}, owner ${inertText(issue.owner)}; ${inertText(issue.id)})`;

function quietLine({ quiet }: ReleaseNotes): string[] {
  const total = quiet.reduce((sum, [, count]) => sum + count, 0);
  const parts = quiet.map(([type, count]) => `${count} ${inertText(type)}`).join(', ');
  return total === 0 ? [] : [`${plural(total, 'change')} not listed: ${parts}`];
}

const verdictLines = ({ verdict, numbers, runId }: ReleaseNotes): string[] => [
  inertText(verdict.because),
  ...numbers.map((number) => `${checklistMarks[number.status]} ${inertText(formatSloNumber(number))}`),
  `Run ${inertText(runId)}`,
];

function checklist({ checklist: rows }: ReleaseNotes): string {
  if (rows.length === 0) return '';
  const sections = checklistSections(rows).map(({ title, rows: own }) =>
    [`**${title}**`, '', ...own.map(checklistLine)].join('\n'),
  );
  return ['### Go/No-Go checklist', ...sections].join('\n\n');
}

/** The notes are written before these clauses are judged. */
const later: Partial<Readonly<Record<ClauseId, string>>> = { '3.4a': 'these notes', '3.4b': 'follows these notes' };

function checklistLine({ status, clause, title }: ChecklistRow): string {
  const words = status === 'not-judged' ? (later[clause] ?? statusWords[status]) : statusWords[status];
  return `- ${checklistMarks[status]} ${clause} ${inertText(title)}${status === 'pass' ? '' : `: ${words}`}`;
}

const linkAddress = (url: string): string => (URL.canParse(url) ? new URL(url).href.replaceAll(/[<>]/g, '') : '');
