import type { RunEvidence, RunResult } from '../core/run-result.ts';
import { junitXml } from './junit.ts';
import { markdownSummary } from './markdown.ts';
import { plain } from './plain.ts';
import { type TerminalOptions, terminalSummary } from './terminal.ts';

export { planLines as renderRolloutPlan } from './rollout-plan.ts';

/** One self-contained page: no script, no request to anywhere. Its charts are loaded late, so that no other verb waits for them. */
export async function renderHtml(result: RunResult, evidence: RunEvidence): Promise<string> {
  const { htmlPage } = await import('./html/page.tsx');
  return htmlPage(plain(result), plain(evidence));
}

export const renderMarkdown = (result: RunResult, evidence: RunEvidence): string =>
  markdownSummary(plain(result), plain(evidence));

export const renderJunit = (result: RunResult): string => junitXml(plain(result));

export const renderTerminal = (result: RunResult, options: TerminalOptions): string =>
  terminalSummary(plain(result), options);
