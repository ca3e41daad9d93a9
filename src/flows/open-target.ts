import { join } from 'node:path';
import { type FoundTarget, readWrittenTarget } from '../config/target.ts';
import type { Deployment, EmbeddedTarget } from '../config/target-file.ts';
import { toolEnvironment } from '../config/environment.ts';
import { ToolError, UserError } from '../core/errors.ts';
import type { Emit } from '../core/events.ts';
import { createMask } from '../core/redact.ts';
import { formatMs } from '../core/slo.ts';
import type { Command } from '../core/target.ts';
import { removeFile } from '../system/files.ts';
import { isAlive, runTool } from '../system/process.ts';
import type { Flow } from './flow.ts';

/** A target that can be asked; where this run started it, leaving the scope stops it. */
export interface OpenTarget extends AsyncDisposable {
  readonly file: string;
  readonly deployment: Deployment;
  readonly startedByUs: boolean;
}

const startBudgetMs = 60_000;
const pollMs = 50;

/** Takes a deployed target as it is, finds the embedded one where it runs, and starts it where it does not. */
export async function openTarget(
  found: Exclude<FoundTarget, { kind: 'url' }>,
  /** What is added to the embedded target's own start command. */
  extra: (embedded: EmbeddedTarget['embedded']) => readonly string[],
  runFolder: string,
  flow: Flow,
  emit: Emit,
): Promise<OpenTarget> {
  const asItIs = { startedByUs: false, [Symbol.asyncDispose]: async () => undefined };
  if (found.kind === 'deployed') return { ...found, ...asItIs };
  const running = await findRunning(found, flow);
  if (!running) return startEmbedded(found, extra(found.embedded), runFolder, flow, emit);
  emit({ type: 'note', text: `the ${found.name} of process ${running.pid} is running and is used` });
  return { ...running, ...asItIs };
}

/** The embedded target that a person has started, while it lives. */
export async function findRunning(
  { embedded }: Extract<FoundTarget, { kind: 'embedded' }>,
  { projectRoot }: Pick<Flow, 'projectRoot'>,
): Promise<{ file: string; deployment: Deployment; pid: number } | undefined> {
  const running = await readWrittenTarget(join(projectRoot, fill(embedded.writes, { state: userStartedState })));
  return running && isAlive(running.pid) ? running : undefined;
}

/** Where a person's own `npm run sandbox` keeps its state. */
const userStartedState = '.sandbox';

async function startEmbedded(
  { embedded, name }: Extract<FoundTarget, { kind: 'embedded' }>,
  extra: readonly string[],
  runFolder: string,
  flow: Flow,
  emit: Emit,
): Promise<OpenTarget> {
  const state = join(userStartedState, `run-${process.pid}`);
  const facts = { state, pid: String(process.pid) };
  const command = [...embedded.start, ...extra].map((part) => fill(part, facts)) as unknown as Command;
  const file = join(flow.projectRoot, fill(embedded.writes, facts));
  await removeFile(file);

  const stopper = new AbortController();
  const started = flow.clock.monotonic();
  emit({ type: 'step-started', step: 'start', title: `Starting the ${name}`, budgetMs: startBudgetMs });
  const ended = runTool({
    tool: name,
    version: '',
    command,
    env: toolEnvironment(flow.environment.variables),
    cwd: flow.projectRoot,
    stdoutPath: join(runFolder, name, 'stdout.log'),
    stderrPath: join(runFolder, name, 'stderr.log'),
    timeoutMs: 24 * 3_600_000,
    signal: stopper.signal,
    mask: createMask(() => []),
    graceMs: 4500,
    onLine: (text) => emit({ type: 'step-progress', step: 'start', text: text.trim() }),
  });
  const stop = async () => {
    const began = flow.clock.monotonic();
    stopper.abort();
    await ended;
    await removeFile(join(flow.projectRoot, state));
    emit({ type: 'target-stopped', durationMs: flow.clock.monotonic() - began });
  };

  try {
    const given = new AbortController();
    const waiting = waitForTarget(file, flow, AbortSignal.any([flow.signal, given.signal]));
    // Once it has ended nobody waits any longer: a wait that nobody needs would keep the process alive.
    const outcome = await Promise.race([ended.finally(() => given.abort()), waiting]);
    if ('exitCode' in outcome) {
      const told = outcome.stderr.trim().split('\n').slice(-12).join('\n');
      if (outcome.exitCode === 2) throw new UserError(told, ['npm run sandbox -- --list']);
      throw new ToolError(`The ${name} did not start:\n${told}`, { command, exitCode: outcome.exitCode });
    }
    const durationMs = flow.clock.monotonic() - started;
    emit({ type: 'step-finished', step: 'start', durationMs, summary: 'ready' });
    emit({
      type: 'note',
      text: `${name} ready in ${formatMs(durationMs)}`,
    });
    return { ...outcome, startedByUs: true, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function waitForTarget(
  file: string,
  flow: Flow,
  signal: AbortSignal,
): Promise<Pick<OpenTarget, 'file' | 'deployment'>> {
  const deadline = flow.clock.monotonic() + startBudgetMs;
  while (flow.clock.monotonic() < deadline && !signal.aborted) {
    const written = await readWrittenTarget(file);
    if (written) return { file, deployment: written.deployment };
    await flow.clock.sleep(pollMs, signal);
  }
  if (signal.aborted) throw new UserError('Interrupted before the target was ready.');
  throw new ToolError('The embedded target was not ready in its time.', { command: [], exitCode: null });
}

const fill = (text: string, facts: Readonly<Record<string, string>>): string =>
  text.replaceAll(/\{(\w+)\}/g, (whole, name: string) => facts[name] ?? whole);
