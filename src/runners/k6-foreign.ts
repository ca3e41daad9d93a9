import { basename, dirname, join } from 'node:path';
import type { LoadEvidence, ToolOutcome } from '../core/evidence.ts';
import {
  eventSourceOf,
  excusedTag,
  type ForeignQuestion,
  foreignSlowCounter,
  neededPercentiles,
  ownPrefix,
} from '../core/foreign-load.ts';
import { type LoadPlan, splitPlan } from '../core/load-plan.ts';
import { originsOf } from '../core/origins.ts';
import { fillPlaceholders } from '../core/placeholders.ts';
import { type ForeignScript, releaseHeaderOf, type Sessions } from '../core/target.ts';
import { readJson, readText, writeJsonAtomic, writeTextAtomic } from '../system/files.ts';
import { bundleLoadScripts } from './k6-bundle.ts';
import type { K6Files, K6Options } from './k6-command.ts';
import { readForeignSummary } from './k6-foreign-summary.ts';
import { type Inspected, isFunctionName, readInspected, wrapperOf } from './k6-foreign-wrapper.ts';
import { appliedDeviations, contradictions, endings, exceptionsIn, planDeviations, releasesIn } from './k6-outcome.ts';
import { partialSummary } from './k6-partial.ts';
import { evidenceOf, openK6Files, startK6 } from './k6-process.ts';
import { readSeries } from './k6-series.ts';
import type { RunnerContext } from './runner.ts';

interface ForeignOptions extends K6Options {
  readonly script: ForeignScript;
  /** The release that a probe saw; absent where answers do not name it. */
  readonly probed: string | undefined;
}

interface Prepared {
  readonly options: ForeignOptions;
  readonly files: K6Files;
  /** That of the profile, split over the script's scenarios; of a script that keeps its options their duration only. */
  readonly plan: LoadPlan;
}

/**
 * Clause 3.2a by the target's own k6 script: a generated module imports it where it is, counts its requests, and runs it with its
 * own options or with the plan. Decides nothing; a failure of k6 is evidence, not thrown.
 */
export async function runForeignK6(options: ForeignOptions, context: RunnerContext): Promise<LoadEvidence> {
  const { script, target, slos } = options;
  await using files = await openK6Files(context, options.recordFile);
  const asked = { script, target, slos, partial: false };
  const profile = profileOf(options);
  const counting = join(dirname(files.config), 'counting.js');
  const bundling = await bundleLoadScripts(join(context.projectRoot, 'load', 'foreign', 'main.ts'), counting);

  // The script's own options name its scenarios, before anything is sent.
  const first = await inspectScript({ options, files, plan: options.plan }, counting, context);
  const inspected = first.exitCode === 0 ? readInspected(first.stdout) : `k6 refuses the script: ${lastLine(first)}`;
  const refusals = [
    ...(bundling === undefined ? [] : [`load/foreign cannot be bundled: ${bundling}`]),
    ...(typeof inspected === 'string' ? [inspected] : refusalsOf(inspected)),
  ];
  const refuse = (outcome: ToolOutcome, problems: readonly string[]) =>
    evidenceOf(
      { profile, folder: files.folder },
      outcome,
      { ...readForeignSummary(undefined, { ...asked, log: '' }), problems },
      [],
    );
  if (typeof inspected === 'string' || refusals.length > 0) return await refuse(first, refusals);

  const plan = planOf(options, inspected);
  const prepared = { options, files, plan };
  const functions = Object.values(inspected.scenarios);
  await writeTextAtomic(files.script, wrapperOf(counting, script.path, functions));
  await writeJsonAtomic(join(files.folder, 'plan.json'), {
    ...plan,
    script: basename(script.path),
    options: script.options,
  });
  const preflight = await start('inspect', prepared, context);
  const deviations = script.options === 'kept' ? exitOf(preflight) : planDeviations(preflight, plan, 'the script');
  if (deviations.length > 0) return await refuse(preflight, deviations);
  return await measure(prepared, profile, context);
}

const profileOf = ({ plan, script }: ForeignOptions): string =>
  script.options === 'kept' ? `of ${basename(script.path)}` : plan.profile;

const exitOf = (outcome: ToolOutcome): string[] =>
  outcome.exitCode === 0 ? [] : [`k6 refuses the script: ${lastLine(outcome)}`];

/** The script as k6 alone would read it. */
async function inspectScript(prepared: Prepared, counting: string, context: RunnerContext): Promise<ToolOutcome> {
  const { script } = prepared.options;
  const text = [
    `import ${JSON.stringify(counting)};`,
    `import * as theirs from ${JSON.stringify(script.path)};`,
    `export * from ${JSON.stringify(script.path)};`,
    'export default theirs.default;',
    '',
  ];
  await writeTextAtomic(prepared.files.script, text.join('\n'));
  return start('inspect', prepared, context);
}

function refusalsOf({ scenarios, redirects }: Inspected): string[] {
  const names = Object.values(scenarios);
  const wrong = names.filter((name) => !isFunctionName(name));
  return [
    ...(names.length === 0 ? ['the script has neither a default function nor scenarios'] : []),
    ...wrong.map((name) => `"${name}" is no name of a function that k6 can call`),
    ...(redirects ? ['the option `hosts` of the script sends requests to other addresses than it names'] : []),
  ];
}

function planOf({ plan, script }: ForeignOptions, { scenarios, totalMs }: Inspected): LoadPlan {
  if (script.options === 'replaced') return splitPlan(plan, Object.keys(scenarios));
  return { ...plan, profile: `of ${basename(script.path)}`, durationMs: totalMs, stopOnBreach: false, scenarios: [] };
}

async function measure(
  { options, files, plan }: Prepared,
  profile: string,
  context: RunnerContext,
): Promise<LoadEvidence> {
  const { script, target, slos, expectedRelease, probed } = options;
  const outcome = await start('run', { options, files, plan }, context);
  const summary = await readText(files.summary);
  if (summary !== undefined) await writeTextAtomic(join(files.folder, 'summary.json'), context.mask(summary));
  const record = await readText(files.record);
  const partial = summary === undefined ? partialSummary(record, ownPrefix) : undefined;
  const numbers = readForeignSummary(summary ?? partial, {
    script,
    target,
    slos,
    log: outcome.stderr,
    partial: partial !== undefined,
  });
  const ended = endings(outcome, 'the script');
  const checked = {
    ...numbers,
    exceptions: exceptionsOf(outcome, numbers.exceptions),
    releases: releasesIn(outcome, numbers, record, expectedRelease ?? probed, ownPrefix),
    problems: [
      ...ended,
      ...contradictions(outcome, numbers),
      ...numbers.problems,
      ...(ended.length > 0 ? [] : appliedDeviations(outcome, numbers, script.options === 'kept' ? undefined : plan)),
    ],
  };
  return evidenceOf({ profile, folder: files.folder }, outcome, checked, readSeries(record, ownPrefix));
}

/** The wrapper counts them; where it did not get to, the log does. */
const exceptionsOf = (outcome: ToolOutcome, counted: number): number =>
  outcome.exitCode === 0 || outcome.exitCode === 99 ? counted : Math.max(counted, exceptionsIn(outcome));

async function start(
  command: 'inspect' | 'run',
  { options, files, plan }: Prepared,
  context: RunnerContext,
): Promise<ToolOutcome> {
  const { script, target, sessionsFile, k6, budgetMs } = options;
  const sessions = ((await readJson(sessionsFile)) ?? {}) as Sessions;
  const question = join(dirname(files.config), 'question.json');
  await writeJsonAtomic(question, questionOf(options, plan));
  const variables = Object.entries(script.variables).map(([name, text]) => [
    name,
    fillPlaceholders(text, target, sessions),
  ]);
  return startK6(
    command,
    {
      k6,
      files,
      // Tokens are not arguments, which every user of the machine can see.
      args: ['--include-system-env-vars=true', files.script],
      env: { ...Object.fromEntries(variables), SHIPROOM_LOAD_FILE: question },
      cwd: dirname(script.path),
      durationMs: plan.durationMs,
      budgetMs,
    },
    context,
  );
}

function questionOf(
  { script, slos, target, expectedRelease, probed }: ForeignOptions,
  plan: LoadPlan,
): ForeignQuestion {
  const latencies = slos.flatMap((slo) => {
    const source = eventSourceOf(slo, script);
    if (slo.event.kind !== 'slow-response' || source.from !== 'timings') return [];
    const { thresholdMs, percentile } = slo.event;
    return [
      {
        counter: foreignSlowCounter(slo.id),
        thresholdMs,
        percentile,
        ...(source.timing ? { timing: source.timing } : {}),
      },
    ];
  });
  const header = releaseHeaderOf(target) ?? '';
  return {
    ...(script.options === 'kept' ? {} : { plan }),
    prefix: ownPrefix,
    excusedTag,
    latencies,
    percentiles: neededPercentiles(slos, script),
    origins: originsOf(target),
    release: expectedRelease ?? probed ?? '',
    releaseHeader: header.toLowerCase().replaceAll(/(^|-)[a-z]/g, (letters) => letters.toUpperCase()),
    identifies: probed !== undefined,
  };
}

/** The message of k6's last line, which is JSON for `run` and text for `inspect`. */
const lastLine = ({ stderr, exitCode, signal }: ToolOutcome): string => {
  const last = stderr.trim().split('\n').at(-1) ?? '';
  const [, message = last] = /msg="((?:[^"\\]|\\.)*)"/.exec(last) ?? [];
  return last === ''
    ? `exited with ${signal ?? `exit code ${exitCode}`}`
    : message.replaceAll('\\n', ' ').replaceAll('\\t', ' ').replaceAll('\\"', '"').slice(0, 500);
};
