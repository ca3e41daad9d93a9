import { join } from 'node:path';
import { toolEnvironment } from '../config/environment.ts';
import { type FoundTarget, readWrittenTarget } from '../config/target.ts';
import type { Deployment } from '../config/target-file.ts';
import { ToolError, UserError } from '../core/errors.ts';
import type { Emit } from '../core/events.ts';
import type { ToolOutcome } from '../core/evidence.ts';
import { createMask } from '../core/redact.ts';
import { formatMs } from '../core/slo.ts';
import type { Command } from '../core/target.ts';
import { removeFile } from '../system/files.ts';
import { isAlive, runTool } from '../system/process.ts';
import type { Flow } from './flow.ts';

type Embedded = Extract<FoundTarget, { kind: 'embedded' }>;

/** A target that this run has started; leaving the scope stops it. */
export interface StartedTarget extends AsyncDisposable {
  readonly file: string;
  readonly deployment: Deployment;
}

const startBudgetMs = 60_000;
const pollMs = 50;
const stopGraceMs = 4500;

/** The embedded target that another process keeps running; undefined where none runs. */
export async function findRunning(
  { embedded }: Embedded,
  { projectRoot }: Pick<Flow, 'projectRoot'>,
): Promise<{ file: string; deployment: Deployment; pid: number } | undefined> {
  const running = await readWrittenTarget(
    join(projectRoot, fill(embedded.writes, { state: embedded.state })),
    projectRoot,
  );
  return running && isAlive(running.pid) ? running : undefined;
}

/**
 * Starts an embedded target and waits for the target file that it writes. `extra` is added to its start command. Throws
 * UserError where it refuses its arguments (exit code 2), and ToolError where it does not come up.
 */
export async function startEmbedded(
  { embedded, name }: Embedded,
  { extra, runFolder, emit }: { readonly extra: readonly string[]; readonly runFolder: string; readonly emit: Emit },
  flow: Flow,
): Promise<StartedTarget> {
  const state = join(embedded.state, `run-${process.pid}`);
  const values = { state, pid: String(process.pid) };
  const command = [...embedded.start, ...extra].map((part) => fill(part, values)) as unknown as Command;
  const file = join(flow.projectRoot, fill(embedded.writes, values));
  await removeFile(file);

  const began = flow.clock.monotonic();
  emit({ type: 'step-started', step: 'start', title: `Starting the ${name}`, budgetMs: startBudgetMs });
  const stopper = new AbortController();
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
    graceMs: stopGraceMs,
    onLine: (text) => emit({ type: 'step-progress', step: 'start', text: text.trim() }),
  });
  const stop = async () => {
    const stopping = flow.clock.monotonic();
    stopper.abort();
    await ended;
    await removeFile(join(flow.projectRoot, state));
    emit({ type: 'target-stopped', durationMs: flow.clock.monotonic() - stopping });
  };
  try {
    const deployment = await written(file, ended, flow);
    if ('exitCode' in deployment) throw notStarted({ embedded, name }, command, deployment);
    const durationMs = flow.clock.monotonic() - began;
    emit({ type: 'step-finished', step: 'start', durationMs, summary: 'ready' });
    emit({ type: 'note', text: `${name} ready in ${formatMs(durationMs)}` });
    return { file, deployment, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** What the started program has written about itself, or how it ended before it had. */
async function written(file: string, ended: Promise<ToolOutcome>, flow: Flow): Promise<Deployment | ToolOutcome> {
  // Stops the poll once the program has ended: a poll that nobody awaits would keep this process alive.
  const over = new AbortController();
  const signal = AbortSignal.any([flow.signal, over.signal]);
  return Promise.race([ended.finally(() => over.abort()), pollTarget(file, flow, signal)]);
}

async function pollTarget(file: string, flow: Flow, signal: AbortSignal): Promise<Deployment> {
  const deadline = flow.clock.monotonic() + startBudgetMs;
  while (flow.clock.monotonic() < deadline && !signal.aborted) {
    const found = await readWrittenTarget(file, flow.projectRoot);
    if (found) return found.deployment;
    await flow.clock.sleep(pollMs, signal);
  }
  if (signal.aborted) throw new UserError('Interrupted before the target was ready.');
  throw new ToolError(`The embedded target was not ready within ${formatMs(startBudgetMs)}.`, {
    command: [],
    exitCode: null,
  });
}

function notStarted(
  { embedded, name }: Pick<Embedded, 'embedded' | 'name'>,
  command: Command,
  { exitCode, stderr }: ToolOutcome,
): UserError | ToolError {
  const output = stderr.trim().split('\n').slice(-12).join('\n');
  if (exitCode === 2) return new UserError(output, embedded.hints.arguments);
  return new ToolError(`The ${name} did not start:\n${output}`, { command, exitCode });
}

const fill = (text: string, values: Readonly<Record<string, string>>): string =>
  text.replaceAll(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole);
