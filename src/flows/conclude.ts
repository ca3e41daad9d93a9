import { basename } from 'node:path';
import type { AnnouncementEvidence } from '../core/announcement.ts';
import type { FoundTools } from '../config/tools.ts';
import { hotfixDeviations } from '../core/calendar.ts';
import { messageOf } from '../core/errors.ts';
import type { Emit } from '../core/events.ts';
import { seenReleases } from '../core/judge/release.ts';
import { judgeRun } from '../core/judge/run.ts';
import { settingsSource } from '../core/plan.ts';
import { type Mask, maskValue } from '../core/redact.ts';
import { type RunEvidence, type RunResult, schemaVersion, type Verb } from '../core/run-result.ts';
import { formatMs } from '../core/slo.ts';
import type { Target } from '../core/target.ts';
import { exitCodeOf, reachVerdict } from '../core/verdict.ts';
import type { RunFolder } from '../journal/run-folder.ts';
import { renderHtml, renderJunit, renderMarkdown } from '../report/index.ts';
import { appendText } from '../system/files.ts';
import type { CheckRun } from './check-run.ts';
import type { Flow } from './flow.ts';

export interface Concluding {
  readonly verb: Verb;
  readonly target: Target;
  readonly run: CheckRun;
  readonly folder: RunFolder;
  readonly tools: FoundTools;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly emit: Emit;
  /** Announces the verdict, of a whole release. */
  readonly announce?: (result: RunResult) => Promise<AnnouncementEvidence>;
}

/** Reaches the verdict, emits it, and writes the run's report. */
export async function concludeRun(concluding: Concluding, flow: Flow): Promise<RunResult> {
  const { run, folder, emit, announce } = concluding;
  let evidence = run.evidence();
  if (announce) evidence = { ...evidence, announcement: await announce(resultOf(concluding, evidence, flow)) };
  const result: RunResult = maskValue(resultOf(concluding, evidence, flow), folder.mask);
  for (const judgement of result.judgements)
    if (judgement.id === 'release' || judgement.id === 'announcement') emit({ type: 'judged', judgement });
  for (const missing of result.notChecked) emit({ type: 'not-checked', check: missing });
  emit({ type: 'verdict', verdict: result.verdict });
  await writeReport(folder, result, evidence);
  await appendStepSummary(`${renderMarkdown(result, evidence)}\n`, folder.mask, flow);
  return result;
}

function resultOf(
  { verb, target, run, folder, tools, startedAt }: Concluding,
  evidence: RunEvidence,
  flow: Flow,
): RunResult {
  const interrupted = flow.signal.aborted;
  const { judgements, notChecked } = judgeRun(evidence);
  const verdict = reachVerdict(judgements, notChecked, interrupted);
  const { environment } = target;
  const finishedAt = flow.clock.now();
  return {
    schemaVersion,
    runId: folder.runId,
    verb,
    startedAt: new Date(startedAt).toISOString(),
    finishedAt: new Date(finishedAt).toISOString(),
    durationMs: finishedAt - startedAt,
    target: { name: target.name, kind: target.kind, environment: environment.name },
    addresses: {
      api: environment.api,
      ...(environment.web === undefined ? {} : { web: environment.web }),
      metrics: environment.metrics,
    },
    ...(environment.release === undefined ? {} : { expectedRelease: environment.release }),
    seenReleases: [...seenReleases(evidence).keys()],
    verdict,
    exitCode: exitCodeOf(verdict.word, interrupted),
    interrupted,
    judgements,
    notChecked,
    slos: evidence.plan.slos,
    steps: run.steps(),
    deviations: [...deviationsFrom(target, evidence), ...hotfixDeviations(evidence.calendar), ...waitsOf(run)],
    tools: toolsOf(evidence, tools),
  };
}

/** The step summary of a GitHub job. The verdict stands without it, so a failed write is only noted. */
export async function appendStepSummary(markdown: string, mask: Mask, { environment, listen }: Flow): Promise<void> {
  const file = environment.githubStepSummary;
  if (file === undefined) return;
  await appendText(file, mask(markdown)).catch((error: unknown) =>
    listen({ type: 'note', text: `GITHUB_STEP_SUMMARY could not be written: ${messageOf(error)}` }),
  );
}

/** verdict.json is written last: where it exists, the other files are complete. */
export async function writeReport(
  folder: Pick<RunFolder, 'writeJson' | 'writeText'>,
  result: RunResult,
  evidence: RunEvidence,
): Promise<void> {
  await folder.writeJson('evidence.json', evidence);
  await folder.writeText('junit.xml', renderJunit(result));
  await folder.writeText('summary.md', renderMarkdown(result, evidence));
  await folder.writeText('report.html', await renderHtml(result, evidence));
  await folder.writeJson('verdict.json', result);
}

const sopReadinessMs = 60_000;
const sopSmokeMs = 300_000;

/** Settings that differ from the SOP's values. */
function deviationsFrom(
  { environment, readiness, smoke, service, load, rateLimit }: Target,
  { plan }: RunEvidence,
): string[] {
  const deviations: string[] = [];
  const by = settingsSource(plan);
  if (plan.steps.includes('readiness') && readiness.stableForMs < sopReadinessMs) {
    deviations.push(
      `Readiness window ${formatMs(readiness.stableForMs)} instead of ${formatMs(sopReadinessMs)} (2.B3b), set by the ${by}.`,
    );
  }
  if (plan.steps.includes('readiness') && service.readiness === 'none')
    deviations.push(`No readiness route (2.B3b): health had to be stable instead, set by the ${by}.`);
  if (plan.steps.includes('load') && load.off !== undefined)
    deviations.push(`No load (3.2), set by the ${by}: ${load.off}`);
  if (plan.steps.includes('load') && load.script)
    deviations.push(
      `Load (3.2) by ${basename(load.script.path)}, its options ${load.script.options}, set by the ${by}.`,
    );
  if (rateLimit !== undefined)
    deviations.push(
      `At most ${rateLimit.requests} requests in ${formatMs(rateLimit.perMs)}, set by the ${by}${plan.steps.includes('smoke') && smoke.playwright !== false && environment.web !== undefined ? '; requests of pages in the browser are not counted' : ''}.`,
    );
  if (plan.steps.includes('smoke') && smoke.budgetMs > sopSmokeMs) {
    deviations.push(`Smoke journey budget ${formatMs(smoke.budgetMs)} instead of 5 min (3.1), set by the ${by}.`);
  }
  return deviations;
}

/** A rate limit delays a run and proves nothing about the release. */
const waitsOf = (run: CheckRun): string[] =>
  [...run.waits()].map(([what, ms]) => `Waited ${formatMs(ms)} for a rate limit of the service (${what}).`);

export function toolsOf(evidence: RunEvidence, tools: FoundTools): { name: string; version: string }[] {
  const used = [...evidence.smoke, ...(evidence.load ? [evidence.load] : [])].map(({ outcome }) => ({
    name: outcome.tool,
    version: outcome.version,
  }));
  const browser =
    tools.chromium && evidence.plan.offers.web && evidence.smoke.length > 0
      ? [{ name: 'chromium', version: tools.chromium.version }]
      : [];
  return [...used, ...browser, { name: 'node', version: process.versions.node }];
}
