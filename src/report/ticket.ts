import { type IncidentFacts, incidentRows, incidentTitle, problemsOf } from '../core/rollout/incident.ts';
import { receiptOf } from '../core/rollout/receipt.ts';
import { formatMs } from '../core/slo.ts';
import { inertText, markdownTable } from './markdown.ts';
import { eventRow } from './rollout-events.ts';

/** GitHub accepts 65 536 characters of a body; a marker follows it. */
const mostCharacters = 60_000;
const mostEvents = 120;
const mostTitle = 200;

/** The ticket of a retro (4.2.4): what took place, the timeline, the evidence, and the first questions. */
export function retroTicket(facts: IncidentFacts): { readonly title: string; readonly body: string } {
  const { runId, reportUrl } = facts;
  const report =
    reportUrl === undefined ? inertText(`reports/${runId}/report.html, where the run was started`) : `<${reportUrl}>`;
  const body = [
    markdownTable([['', ''], ...incidentRows(facts).map(([name, text]) => [`**${name}**`, inertText(text)])]),
    '## Timeline',
    timeline(facts),
    '## Evidence',
    [`- Report: ${report}`, `- Run id: ${inertText(runId)}`, ...evidence(facts)].join('\n'),
    '## First questions',
    questions(facts),
  ].join('\n\n');
  const title = incidentTitle(facts).replaceAll(/\s+/g, ' ').slice(0, mostTitle);
  return { title: `Retro: ${title}`, body: body.slice(0, mostCharacters) };
}

function timeline({ record: { events } }: IncidentFacts): string {
  const rows = events.flatMap((event) => {
    const row = eventRow(event);
    return row
      ? [[event.at.replace('T', ' ').slice(0, 19), inertText(row.event), row.clause ?? '', inertText(row.result)]]
      : [];
  });
  const shown = rows.slice(-mostEvents);
  const cut = shown.length < rows.length ? `\n\n${rows.length} events, the last ${shown.length} shown` : '';
  return `${markdownTable([['UTC', 'Event', 'Clause', 'Result'], ...shown])}${cut}`;
}

const evidence = ({ record }: IncidentFacts): string[] =>
  problemsOf(receiptOf(record)).map((problem) => `- To be checked: ${inertText(problem)}`);

function questions({ record }: IncidentFacts): string {
  const receipt = receiptOf(record);
  const stage = record.events.findLast((event) => event.type === 'observed');
  const share = stage?.type === 'observed' ? `at ${stage.stage.share} % of the traffic` : 'before it had traffic';
  const back =
    receipt?.trafficBackMs === undefined ? '' : ` Traffic was back after ${formatMs(receipt.trafficBackMs)}.`;
  return [
    `1. It was found ${share}. What would have found it before?`,
    `2. The reason was: ${inertText(receipt?.because ?? 'unknown')}. Which change of the release caused it?`,
    `3. Which users were affected, and do they have to be told or their data repaired?`,
    `4.${back} What kept the rollback from being faster or complete?`,
    `5. What has to be true before the same change is shipped again?`,
  ].join('\n');
}
