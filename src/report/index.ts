import type { ReleaseNotes } from '../core/release-notes.ts';
import type { IncidentFacts } from '../core/rollout/incident.ts';
import type { RunEvidence, RunResult } from '../core/run-result.ts';
import { junitXml } from './junit.ts';
import { markdownSummary } from './markdown.ts';
import { releaseNotesMarkdown } from './release-notes.ts';
import { sanitize } from './sanitize.ts';
import { retroTicket } from './ticket.ts';
import { type TerminalOptions, terminalSummary } from './terminal.ts';

export { planLines as renderRolloutPlan, undoLines as renderUndoPlan } from './rollout-plan.ts';

/** One self-contained page without scripts or requests. The chart library is imported only here: it is slow to load. */
export async function renderHtml(result: RunResult, evidence: RunEvidence): Promise<string> {
  const { htmlPage } = await import('./html/page.tsx');
  return htmlPage(sanitize(result), sanitize(evidence));
}

export const renderMarkdown = (result: RunResult, evidence: RunEvidence): string =>
  markdownSummary(sanitize(result), sanitize(evidence));

export const renderJunit = (result: RunResult): string => junitXml(sanitize(result));

export const renderTerminal = (result: RunResult, options: TerminalOptions): string =>
  terminalSummary(sanitize(result), options);

export const renderRetroTicket = (facts: IncidentFacts): ReturnType<typeof retroTicket> => retroTicket(sanitize(facts));

/** The notes of one release in Markdown (3.4a). */
export const renderReleaseNotes = (notes: ReleaseNotes): string => releaseNotesMarkdown(sanitize(notes));
