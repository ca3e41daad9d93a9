import { randomUUID } from 'node:crypto';
import { join, resolve } from 'node:path';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { parseDuration } from '../src/config/duration.ts';
import { urlFlags } from '../src/config/url-flag-list.ts';
import { readProcessEnvironment } from '../src/config/environment.ts';
import { messageOf, ToolError, UserError } from '../src/core/errors.ts';
import type { RunResult } from '../src/core/run-result.ts';
import { exitCodes } from '../src/core/verdict.ts';
import type { Flow } from '../src/flows/flow.ts';
import { strategies } from '../src/core/rollout/plan.ts';
import type { Deployed } from '../src/flows/rollout/begin.ts';
import type { DeployOptions } from '../src/flows/rollout/options.ts';
import type { CheckOptions } from '../src/flows/prepare.ts';
import { createTerminal } from '../src/notifiers/terminal.ts';
import { renderRolloutPlan, renderTerminal } from '../src/report/index.ts';
import { systemClock } from '../src/system/clock.ts';

const projectRoot = resolve(import.meta.dirname, '..');

/** Runs one verb: parses its flags strictly, shows its events on stderr, and sets the exit code. */
export async function runCommand(program: Command, act: (flow: Flow) => Promise<number>): Promise<void> {
  const environment = readProcessEnvironment();
  const interrupter = new AbortController();
  const terminal = await createTerminal(process.stderr, environment.stderr, systemClock.now);
  // A second signal changes nothing: the processes that were started are stopped within seconds.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => interrupter.abort(signal));
  try {
    program.exitOverride().configureOutput({ writeErr: (text) => process.stderr.write(text) });
    refuseSwallowedFlags(program, environment.variables);
    await program.parseAsync();
    process.exitCode = await act({
      projectRoot,
      reportsRoot: environment.reportsRoot ?? join(projectRoot, 'reports'),
      environment,
      clock: systemClock,
      random: randomUUID,
      signal: interrupter.signal,
      listen: terminal.handle,
    });
  } catch (error) {
    terminal.close();
    process.exitCode = interrupter.signal.aborted ? exitCodes.interrupted : explain(error);
  } finally {
    terminal.close();
  }
}

/**
 * `npm run verify --target=x` without `--` passes the flag to npm, which drops it silently and leaves it in the environment.
 * The command would then run against the default target, or start a rollout instead of a dry run.
 */
function refuseSwallowedFlags(program: Command, variables: Readonly<Record<string, string | undefined>>): void {
  for (const { long } of program.options) {
    const value = variables[`npm_config_${long?.slice(2).replaceAll('-', '_')}`];
    if (value === undefined || value === '' || value === 'false') continue;
    const flag = value === 'true' ? long : `${long} ${value}`;
    throw new UserError(`npm consumed ${long}: flags of this command come after --.`, [
      `npm run ${program.name()} -- ${flag}`,
    ]);
  }
}

function explain(error: unknown): number {
  if (error instanceof CommanderError) {
    if (error.code === 'commander.excessArguments')
      process.stderr.write('  try: npm run … -- --flag value    (flags before -- are consumed by npm)\n');
    return error.exitCode === 0 ? exitCodes.go : exitCodes.usage;
  }
  process.stderr.write(`\n${messageOf(error)}\n`);
  if (error instanceof UserError) {
    for (const next of error.next) process.stderr.write(`  try: ${next}\n`);
    return exitCodes.usage;
  }
  if (error instanceof ToolError) {
    if (error.logPath) process.stderr.write(`  log: ${error.logPath}\n`);
    return exitCodes.hold;
  }
  // A defect of Shiproom proves nothing about the release, so the exit code is HOLD.
  process.stderr.write(
    `${error instanceof Error ? error.stack : ''}\nThis is a defect of Shiproom; no verdict was reached.\n`,
  );
  return exitCodes.hold;
}

/** The result on stdout: the summary, or verdict.json with --json. */
export function printResult(result: RunResult, { environment, reportsRoot }: Flow, json: boolean): void {
  const { color, columns } = environment.stdout;
  const report = join(reportsRoot, result.runId, 'report.html');
  process.stdout.write(
    json ? `${JSON.stringify(result, null, 2)}\n` : `${renderTerminal(result, { color, width: columns, report })}\n`,
  );
}

const positiveNumber = (text: string): number => {
  const value = Number(text);
  if (value > 0 && Number.isFinite(value)) return value;
  throw new InvalidArgumentError('a number above 0 is needed');
};

export const duration = (text: string): number => {
  const ms = parseDuration(text);
  if (ms !== undefined && ms > 0) return ms;
  throw new InvalidArgumentError('a duration is needed, for example 30s or 5m');
};

const runnerCount = (text: string): number => {
  const runners = Number(text);
  if (Number.isInteger(runners) && runners >= 1 && runners <= 100) return runners;
  throw new InvalidArgumentError('a number of runners is needed, from 1 to 100');
};

const hotfixReason = (text: string): string => {
  if (text.trim() !== '') return text.trim();
  throw new InvalidArgumentError('the reason is needed: --hotfix "payments fail for cards of one bank"');
};

/** The flag of a verb that checks the calendar. */
export const withHotfix = (command: Command): Command =>
  command.addOption(
    new Option('--hotfix <why>', 'ship inside a freeze window; the report shows the reason').argParser(hotfixReason),
  );

/** The settings of a target file that --url takes as flags. */
function withUrlFlags(command: Command): Command {
  for (const { flag, description, repeatable } of urlFlags) {
    const option = new Option(flag, repeatable ? `${description} (repeatable)` : description);
    if (repeatable)
      option.argParser((text: string, held: readonly string[] | undefined): readonly string[] => [
        ...(held ?? []),
        text,
      ]);
    command.addOption(option.helpGroup('With --url, in the place of a target file:'));
  }
  return command;
}

/** The flags that select a target and an environment. */
export const targetCommand = (name: string, description: string): Command =>
  withUrlFlags(new Command(name))
    .description(description)
    .option(
      '--target <name>',
      'a target of config/targets/, or the path of a target file (default: the one marked default)',
    )
    .addOption(
      new Option('--env <environment>', "which side (default: the target file's defaultEnvironment)").choices([
        'blue',
        'green',
        'public',
        'idle',
        'live',
      ]),
    )
    .option('--url <address>', 'any address, without a target file')
    .option('--release <release>', 'the expected release; an embedded target that is started runs it')
    .option('--json', 'verdict.json on stdout instead of the summary')
    .allowExcessArguments(false)
    .showSuggestionAfterError();

/** The flags of a verb that works on a target as a whole. */
export const rolloutCommand = (name: string, description: string): Command =>
  new Command(name)
    .description(description)
    .option(
      '--target <name>',
      'a target of config/targets/, or the path of a target file (default: the one marked default)',
    )
    .option('--json', 'the result on stdout as JSON')
    .allowExcessArguments(false)
    .showSuggestionAfterError();

/** The flags of a verb that puts load on the target. */
export const withLoad = (command: Command): Command =>
  command
    .option('--profile <name>', "load profile (default: the target file's, or stage)")
    .option('--rate <requests>', 'requests per second instead of the profile’s', positiveNumber)
    .option('--duration <time>', 'duration of the load instead of the profile’s', duration)
    .option('--runners <number>', 'k6 runners of load.engine instead of its own number', runnerCount)
    .option('--slo <file>', 'objectives to judge by (default: config/slo.yaml)')
    .option('--allow-production-load', 'consent to load on a target of kind production');

/** A verb that ends in a verdict: its result on stdout, its exit code from the verdict. */
export const runCheckCommand = (
  program: Command,
  check: (options: CheckOptions, flow: Flow) => Promise<RunResult>,
): Promise<void> =>
  runCommand(program, async (flow) => {
    const {
      json,
      duration: durationMs,
      ...flags
    } = program.opts<CheckOptions & { json?: boolean; duration?: number }>();
    const result = await check({ ...flags, durationMs }, flow);
    printResult(result, flow, json === true);
    return result.exitCode;
  });

/** The flags of a verb that ships a release. */
export const shippingCommand = (name: string, description: string): Command =>
  rolloutCommand(name, description)
    .option('--release <release>', 'what to ship (default: the one after the live one in the target file’s releases)')
    .addOption(
      new Option(
        '--strategy <strategy>',
        'rollout strategy (default: in-place where the target has a platform, else blue-green)',
      ).choices(strategies),
    )
    .option('--slo <file>', 'objectives to judge by (default: config/slo.yaml)')
    .option('--dry-run', 'print the plan and the forecast, and change nothing')
    .addOption(new Option('--resume', 'continue what is open').conflicts(['abort', 'dryRun', 'release']))
    .addOption(new Option('--abort', 'roll the open rollout back').conflicts(['dryRun', 'release', 'acceptWeights']))
    .option('--wait <time>', 'wait up to this long for the lock of the target', duration)
    .option(
      '--accept-weights',
      'start although the weights were changed by others; with --resume: set them again as the rollout had them',
    )
    .option('--retry-rejected <why>', 'ship a release although it was rolled back before')
    .option('--allow-production-load', 'consent to load of our own on a target of kind production');

/** A verb that ends in a verdict, or prints a plan with --dry-run. */
export const runShippingCommand = <Options extends object = object>(
  program: Command,
  ship: (options: DeployOptions & Options, flow: Flow) => Promise<Deployed>,
): Promise<void> =>
  runCommand(program, async (flow) => {
    const {
      json,
      wait: waitMs,
      ...flags
    } = program.opts<DeployOptions & Options & { json?: boolean; wait?: number }>();
    return printShipped(await ship({ ...(flags as DeployOptions & Options), waitMs }, flow), flow, json === true);
  });

/** The result, or the plan of a dry run, on stdout; returns the exit code. */
export function printShipped(shipped: Deployed, flow: Flow, json: boolean): number {
  if (shipped.kind === 'ended') {
    printResult(shipped.result, flow, json);
    return shipped.result.exitCode;
  }
  const { plan, forecast } = shipped;
  process.stdout.write(
    json ? `${JSON.stringify({ plan, forecast }, null, 2)}\n` : `${renderRolloutPlan(plan, forecast).join('\n')}\n`,
  );
  return exitCodes.go;
}
