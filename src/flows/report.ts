import { basename, join } from 'node:path';
import { parseSlos } from '../config/slo-file.ts';
import { UserError } from '../core/errors.ts';
import { judgeRun } from '../core/judge/run.ts';
import { underObjectives } from '../core/rejudge.ts';
import type { RunEvidence, RunResult } from '../core/run-result.ts';
import { exitCodeOf, reachVerdict } from '../core/verdict.ts';
import { readRun } from '../journal/read-run.ts';
import { fetchRun } from '../journal/run-folder.ts';
import { renderHtml, renderJunit, renderMarkdown } from '../report/index.ts';
import { readText, writeJsonAtomic, writeTextAtomic } from '../system/files.ts';
import type { Flow } from './flow.ts';
import { locateTarget } from './prepare.ts';
import { openTargetStore } from './target-store.ts';

/** Renders a past run again, or judges its evidence again under other objectives. The system itself is not touched. */
export async function report(
  options: { readonly run: string; readonly slo?: string | undefined; readonly target?: string | undefined },
  flow: Flow,
): Promise<RunResult> {
  const run = options.target === undefined ? options.run : await fetchFromStore(options.run, options.target, flow);
  const past = await readRun(flow.reportsRoot, run);
  if (options.slo === undefined) {
    await writeRendered(past.path, '', past.result, past.evidence);
    return past.result;
  }
  const text = await readText(options.slo);
  if (text === undefined) throw new UserError(`There is no file ${options.slo}.`, ['--slo config/slo.yaml']);
  const evidence = underObjectives(past.evidence, parseSlos(options.slo, text));
  const result = judgeAgain(past.result, evidence, {
    at: new Date(flow.clock.now()).toISOString(),
    sloFile: options.slo,
  });
  // What was decided at the time stays what it was; the new judgement stands beside it.
  const name = `.${basename(options.slo).replace(/\.[^.]+$/, '')}`;
  await writeJsonAtomic(join(past.path, `verdict${name}.json`), result);
  await writeRendered(past.path, name, result, evidence);
  return result;
}

/** Copies a rollout from its target's store into reports/, which another machine may have written. Gives its id. */
async function fetchFromStore(wanted: string, target: string, flow: Flow): Promise<string> {
  const source = await locateTarget({ target }, flow);
  if (source.kind !== 'deployment') throw new UserError(`The target ${target} has no store.`, ['leave out --target']);
  await using store = openTargetStore(source, flow);
  const runs = await store.runs.list();
  const found = wanted === 'last' ? runs.slice(-1) : runs.filter(({ runId }) => runId.startsWith(wanted));
  const [run] = found;
  if (!run || found.length > 1) {
    throw new UserError(
      `There is ${run ? 'more than one run' : 'no run'} "${wanted}" of ${target} in ${store.place}.`,
      runs.slice(-5).map(({ runId }) => `npm run report -- --target ${target} ${runId}`),
    );
  }
  if (!store.keepsRunsIn(flow.reportsRoot)) await fetchRun(store.runs, run.runId, join(flow.reportsRoot, run.runId));
  return run.runId;
}

function judgeAgain(result: RunResult, evidence: RunEvidence, rejudged: NonNullable<RunResult['rejudged']>): RunResult {
  const { judgements, notChecked } = judgeRun(evidence);
  const verdict = reachVerdict(judgements, notChecked, result.interrupted);
  const exitCode = exitCodeOf(verdict.word, result.interrupted);
  return { ...result, judgements, notChecked, verdict, exitCode, slos: evidence.plan.slos, rejudged };
}

async function writeRendered(path: string, name: string, result: RunResult, evidence: RunEvidence): Promise<void> {
  await writeTextAtomic(join(path, `report${name}.html`), await renderHtml(result, evidence));
  await writeTextAtomic(join(path, `summary${name}.md`), renderMarkdown(result, evidence));
  await writeTextAtomic(join(path, `junit${name}.xml`), renderJunit(result));
}
