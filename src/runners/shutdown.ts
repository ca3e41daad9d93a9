import type { ShutdownEvidence } from '../core/shutdown-evidence.ts';
import type { Mask } from '../core/redact.ts';
import { type HalfSent, readinessProbe } from '../core/service.ts';
import type { Environment, Session, Target } from '../core/target.ts';
import type { Clock } from '../system/clock.ts';
import { askCommand } from '../system/command.ts';
import { sendHalf } from '../system/half-request.ts';
import { ask } from '../system/http.ts';
import type { RunnerContext } from './runner.ts';

const requestsInFlight = 10;
/** Long enough for the server to have read the first half. */
const settleMs = 500;
/** By then a stop command has reached its instance, also on a busy machine. */
const noticeMs = 20_000;
const commandTimeoutMs = 60_000;

/**
 * Clause 2.R4: stops the environment while requests are half sent, sends their other halves, and observes whether they are
 * answered, how the instances exited, and whether the environment becomes ready again.
 */
export async function tryShutdown(
  target: Target,
  shutdown: NonNullable<Environment['shutdown']>,
  session: Session | undefined,
  clock: Clock,
  context: RunnerContext,
): Promise<ShutdownEvidence> {
  const commandOptions = {
    env: context.toolEnv,
    cwd: context.projectRoot,
    timeoutMs: commandTimeoutMs,
    signal: context.signal,
  };
  const progress = (text: string) => context.emit({ type: 'step-progress', step: 'shutdown', text });

  progress(`${requestsInFlight} requests half sent`);
  const requests = await Promise.all(
    Array.from({ length: requestsInFlight }, () => halfSent(target, shutdown.request, session)),
  );
  await clock.sleep(settleMs, context.signal);

  progress('stopping the instances');
  const stopping = askCommand(shutdown.stop, commandOptions);
  // A request is in flight during a shutdown only if its second half is sent after the environment became unready.
  const noticed = await becomesUnready(target, clock, context.signal);
  const inFlight = await Promise.all(requests.map((request) => finishRequest(request, context.mask, target)));
  const stopped = await stopping;

  // After an interruption too: the environment was running before this step.
  progress('starting the instances again');
  const signal = AbortSignal.timeout(commandTimeoutMs);
  const started = await askCommand(shutdown.start, { ...commandOptions, signal });
  return {
    kind: 'shutdown',
    wanted: shutdown.request.status,
    inFlight,
    stopExitCode: stopped.exitCode,
    stopDurationMs: stopped.durationMs,
    startedAgain: started.exitCode === 0 && (await becomesReady(target, clock)),
    files: [],
    problems: [
      ...(noticed ? [] : ['the environment stayed ready after its stop command']),
      ...(stopped.exitCode === null ? [`the stop command did not end: ${context.mask(stopped.stderr.trim())}`] : []),
      ...(started.exitCode === 0 ? [] : [`the start command failed: ${context.mask(started.stderr.trim())}`]),
    ],
  };
}

const halfSent = ({ environment }: Target, { method, path, body }: HalfSent, session: Session | undefined) =>
  sendHalf({
    url: `${environment.api}${path}`,
    method,
    headers: session ? { authorization: `Bearer ${session.accessToken}` } : {},
    json: body,
    timeoutMs: 35_000,
  });

async function finishRequest(
  { finish }: Awaited<ReturnType<typeof sendHalf>>,
  mask: Mask,
  { service: { answers } }: Target,
): Promise<ShutdownEvidence['inFlight'][number]> {
  const sentAt = performance.now();
  const answer = await finish();
  const { requestIdHeader: header } = answers;
  const requestId = answer.status === null || header === undefined ? undefined : answer.header(header);
  return {
    status: answer.status,
    durationMs: performance.now() - sentAt,
    ...(requestId === undefined ? {} : { requestId }),
    ...(answer.status === null ? { error: mask(answer.error) } : {}),
  };
}

async function becomesUnready(target: Target, clock: Clock, signal: AbortSignal): Promise<boolean> {
  const deadline = clock.monotonic() + noticeMs;
  while (clock.monotonic() < deadline && !signal.aborted) {
    if (!(await isReady(target))) return true;
    await clock.sleep(25, signal);
  }
  return false;
}

async function becomesReady(target: Target, clock: Clock): Promise<boolean> {
  for (let attempt = 0; attempt < 40; attempt += 1) {
    if (await isReady(target)) return true;
    await clock.sleep(250);
  }
  return false;
}

async function isReady({ environment, service }: Target): Promise<boolean> {
  const { path, method, statuses } = readinessProbe(service);
  const answer = await ask({ url: environment.api + path, method, timeoutMs: 2000 });
  return answer.ok && statuses.includes(answer.status);
}
