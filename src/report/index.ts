import type { RunEvidence, RunResult } from '../core/run-result.ts';
import { htmlPage } from './html/page.tsx';
import { junitXml } from './junit.ts';
import { markdownSummary } from './markdown.ts';
import { plain } from './plain.ts';
import { type TerminalOptions, terminalSummary } from './terminal.ts';

/** One self-contained page: no script, no request to anywhere. */
export { planLines as renderRolloutPlan } from './rollout-plan.ts';
export const renderHtml = (result: RunResult, evidence: RunEvidence): string =>
  htmlPage(plain(result), plain(evidence));

export const renderMarkdown = (result: RunResult, evidence: RunEvidence): string =>
  markdownSummary(plain(result), plain(evidence));

export const renderJunit = (result: RunResult): string => junitXml(plain(result));

export const renderTerminal = (result: RunResult, options: TerminalOptions): string =>
  terminalSummary(plain(result), options);
