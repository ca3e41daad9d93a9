import { join } from 'node:path';
import type { LoadEvidence, ToolOutcome } from '../core/evidence.ts';
import { readText, writeJsonAtomic, writeTextAtomic } from '../system/files.ts';
import { bundleLoadScripts } from './k6-bundle.ts';
import { type K6Files, type K6Options, scriptArguments } from './k6-command.ts';
import { runForeignK6 } from './k6-foreign.ts';
import { appliedDeviations, contradictions, endings, exceptionsIn, planDeviations, releasesIn } from './k6-outcome.ts';
import { partialSummary } from './k6-partial.ts';
import { evidenceOf, openK6Files, startK6 } from './k6-process.ts';
import { probeRelease } from './k6-probe.ts';
import { readSeries } from './k6-series.ts';
import { readSummary } from './k6-summary.ts';
import type { RunnerContext } from './runner.ts';

/**
 * Clause 3.2a: sends the planned load, by the scripts in load/ or by the script that the target names, and returns what k6
 * measured. Decides nothing; a failure of k6 is evidence, not thrown.
 */
export async function runK6(options: K6Options, context: RunnerContext): Promise<LoadEvidence> {
  const probed = await probeRelease(options.target, context.signal);
  const { script } = options.target.load;
  return script ? runForeignK6({ ...options, script, probed }, context) : runOwnK6(options, probed, context);
}

async function runOwnK6(options: K6Options, probed: string | undefined, context: RunnerContext): Promise<LoadEvidence> {
  const { plan, slos } = options;
  await using files = await openK6Files(context, options.recordFile);
  const { folder } = files;
  const kept = { profile: plan.profile, folder };
  await writeJsonAtomic(join(folder, 'plan.json'), plan);
  await writeJsonAtomic(join(folder, 'slo.json'), slos);
  const bundling = await bundleLoadScripts(join(context.projectRoot, 'load', 'main.ts'), files.script);

  // k6 prints how it read the options, before anything is sent.
  const preflight = await start('inspect', { options, files, probed }, context);
  const problems = [
    ...(bundling === undefined ? [] : [`the load scripts cannot be bundled: ${bundling}`]),
    ...planDeviations(preflight, plan),
  ];
  if (problems.length > 0) return await evidenceOf(kept, preflight, { ...readSummary(undefined, slos), problems }, []);

  const outcome = await start('run', { options, files, probed }, context);
  const summary = await readText(files.summary);
  if (summary !== undefined) await writeTextAtomic(join(folder, 'summary.json'), context.mask(summary));
  const record = await readText(files.record);
  const partial = summary === undefined ? partialSummary(record) : undefined;
  const numbers = readSummary(summary ?? partial, slos, { partial: partial !== undefined });
  const checked = {
    ...numbers,
    exceptions: Math.max(numbers.exceptions, exceptionsIn(outcome)),
    releases: releasesIn(outcome, numbers, record, options.expectedRelease ?? probed),
    problems: [
      ...endings(outcome),
      ...contradictions(outcome, numbers),
      ...numbers.problems,
      ...appliedDeviations(outcome, numbers, plan),
    ],
  };
  return await evidenceOf(kept, outcome, checked, readSeries(record));
}

interface Start {
  readonly options: K6Options;
  readonly files: K6Files;
  readonly probed: string | undefined;
}

function start(
  command: 'inspect' | 'run',
  { options, files, probed }: Start,
  context: RunnerContext,
): Promise<ToolOutcome> {
  const { k6, plan, budgetMs } = options;
  const args = scriptArguments(options, files, probed);
  return startK6(
    command,
    { k6, files, args, cwd: context.projectRoot, durationMs: plan.durationMs, budgetMs },
    context,
  );
}
