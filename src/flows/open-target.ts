import { join } from 'node:path';
import { readWrittenTarget, type FoundTarget, type TargetQuestion } from '../config/target.ts';
import { toolEnvironment } from '../config/environment.ts';
import { ToolError, UserError } from '../core/errors.ts';
import type { Emit } from '../core/events.ts';
import { createMask } from '../core/redact.ts';
import { formatMs } from '../core/slo.ts';
import type { Command, Target } from '../core/target.ts';
import { removeFile } from '../system/files.ts';
import { isAlive, runTool } from '../system/process.ts';
import { discover } from '../sources/discover.ts';
import type { Flow } from './flow.ts';

/** A target that can be asked; where this run started it, leaving the scope stops it. */
export interface OpenTarget extends AsyncDisposable {
  readonly target: Target;
  readonly startedByUs: boolean;
}

const startBudgetMs = 60_000;
const pollMs = 50;

/** Takes a deployed target as it is, finds the embedded one where it runs, and starts it where it does not. */
export async function openTarget(
  found: FoundTarget,
  question: TargetQuestion,
  runFolder: string,
  flow: Flow,
  emit: Emit,
): Promise<OpenTarget> {
  if (found.kind === 'deployed') {
    const target = found.discover ? await discover(found.target, flow.signal) : found.target;
    return {
      target: withRelease(target, question.release),
      startedByUs: false,
      [Symbol.asyncDispose]: async () => undefined,
    };
  }
  const file = (state: string) => join(flow.projectRoot, fill(found.embedded.writes, { state }));
  const running = await readWrittenTarget(file(handStartedState), question.env);
  if (running && isAlive(running.pid)) {
    emit({ type: 'note', text: `the ${found.name} of process ${running.pid} is running and is used` });
    return {
      target: withRelease(running.target, question.release),
      startedByUs: false,
      [Symbol.asyncDispose]: async () => undefined,
    };
  }
  return startEmbedded(found, question, runFolder, flow, emit);
}

/** Where a person's own `npm run sandbox` keeps its state. */
const handStartedState = '.sandbox';

async function startEmbedded(
  { embedded, name }: Extract<FoundTarget, { kind: 'embedded' }>,
  question: TargetQuestion,
  runFolder: string,
  flow: Flow,
  emit: Emit,
): Promise<OpenTarget> {
  const state = join(handStartedState, `run-${process.pid}`);
  const facts = { state, env: question.env ?? 'green', release: question.release ?? '', pid: String(process.pid) };
  const release = question.release === undefined ? [] : embedded.withRelease;
  const command = [...embedded.start, ...release].map((part) => fill(part, facts)) as unknown as Command;
  const file = join(flow.projectRoot, fill(embedded.writes, facts));
  await removeFile(file);

  const stopper = new AbortController();
  const started = flow.clock.now();
  const log = join(runFolder, name, 'stderr.log');
  emit({ type: 'step-started', step: 'start', title: `Starting the ${name}`, budgetMs: startBudgetMs });
  const ended = runTool({
    tool: name,
    version: '',
    command,
    env: toolEnvironment(flow.environment.variables),
    cwd: flow.projectRoot,
    stdoutPath: join(runFolder, name, 'stdout.log'),
    stderrPath: log,
    timeoutMs: 24 * 3_600_000,
    signal: stopper.signal,
    mask: createMask(() => []),
    graceMs: 4500,
    onLine: (text) => emit({ type: 'step-progress', step: 'start', text: text.trim() }),
  });
  const stop = async () => {
    const began = flow.clock.now();
    stopper.abort();
    await ended;
    await removeFile(join(flow.projectRoot, state));
    emit({ type: 'target-stopped', durationMs: flow.clock.now() - began });
  };

  try {
    const given = new AbortController();
    const waiting = waitForTarget(file, question.env, flow, AbortSignal.any([flow.signal, given.signal]));
    // Once it has ended nobody waits any longer: a wait that nobody needs would keep the process alive.
    const outcome = await Promise.race([ended.finally(() => given.abort()), waiting]);
    if ('exitCode' in outcome) {
      const told = outcome.stderr.trim().split('\n').slice(-8).join('\n');
      if (outcome.exitCode === 2) throw new UserError(told, ['npm run sandbox -- --list']);
      throw new ToolError(`The ${name} did not start:\n${told}`, { command, exitCode: outcome.exitCode, logPath: log });
    }
    const durationMs = flow.clock.now() - started;
    emit({ type: 'step-finished', step: 'start', durationMs, summary: 'ready' });
    emit({
      type: 'note',
      text: `${name} ready in ${formatMs(durationMs)}: ${outcome.environment.name} at ${outcome.environment.api}`,
    });
    return { target: withRelease(outcome, question.release), startedByUs: true, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function waitForTarget(file: string, env: string | undefined, flow: Flow, signal: AbortSignal): Promise<Target> {
  const deadline = flow.clock.now() + startBudgetMs;
  while (flow.clock.now() < deadline && !signal.aborted) {
    const written = await readWrittenTarget(file, env);
    if (written) return written.target;
    await flow.clock.sleep(pollMs, signal);
  }
  if (signal.aborted) throw new UserError('Interrupted before the target was ready.');
  throw new ToolError('The embedded target was not ready in its time.', { command: [], exitCode: null });
}

/** The command line knows better than the target file which release is expected. */
const withRelease = (target: Target, release: string | undefined): Target =>
  release === undefined ? target : { ...target, environment: { ...target.environment, release } };

const fill = (text: string, facts: Readonly<Record<string, string>>): string =>
  text.replaceAll(/\{(\w+)\}/g, (whole, name: string) => facts[name] ?? whole);
