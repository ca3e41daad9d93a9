import type { ShutdownEvidence } from '../core/evidence.ts';
import type { Environment, Session, Target } from '../core/target.ts';
import type { Clock } from '../system/clock.ts';
import { askCommand } from '../system/command.ts';
import { sendHalf } from '../system/half-request.ts';
import { ask } from '../system/http.ts';
import type { RunnerContext } from './runner.ts';

const requestsInFlight = 10;
/** Long enough for the server to have read the first half. */
const settleMs = 500;
/** By then a stop command has reached its instance, however busy the machine is. */
const noticeMs = 20_000;
const commandTimeoutMs = 60_000;

/**
 * Clause 2.R4: stops the environment while requests are half sent, sends their other halves, and sees whether they are
 * answered, how the instances ended, and that the environment comes back.
 */
export async function tryShutdown(
  target: Target,
  shutdown: NonNullable<Environment['shutdown']>,
  session: Session,
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
    Array.from({ length: requestsInFlight }, (_, index) => halfSentJob(target, session, index)),
  );
  await clock.sleep(settleMs, context.signal);

  progress('instances told to stop');
  const stopping = askCommand(shutdown.stop, commandOptions);
  // Only once the environment has stopped taking traffic are the requests in flight through a shutdown, and not before it.
  const noticed = await becomesUnready(target, clock, context.signal);
  const inFlight = await Promise.all(
    requests.map(async ({ finish }) => {
      const began = performance.now();
      const answer = await finish();
      const requestId = answer.status === null ? undefined : answer.header('x-request-id');
      return {
        status: answer.status,
        durationMs: performance.now() - began,
        ...(requestId === undefined ? {} : { requestId }),
        ...(answer.status === null ? { error: context.mask(answer.error) } : {}),
      };
    }),
  );
  const stopped = await stopping;

  // The environment is started again also after an interruption: it was running when we came.
  progress('instances started again');
  const started = await askCommand(shutdown.start, {
    ...commandOptions,
    signal: AbortSignal.timeout(commandTimeoutMs),
  });
  const startedAgain = started.exitCode === 0 && (await isReady(target, clock));
  return {
    kind: 'shutdown',
    inFlight,
    stopExitCode: stopped.exitCode,
    stopDurationMs: stopped.durationMs,
    startedAgain,
    files: [],
    problems: [
      ...(noticed ? [] : ['the environment stayed ready after it was told to stop']),
      ...(stopped.exitCode === null ? [`the stop command did not end: ${context.mask(stopped.stderr.trim())}`] : []),
      ...(started.exitCode === 0 ? [] : [`the start command failed: ${context.mask(started.stderr.trim())}`]),
    ],
  };
}

const halfSentJob = (target: Target, session: Session, index: number) =>
  sendHalf(
    `${target.environment.api}${target.paths.api}/jobs`,
    { authorization: `Bearer ${session.accessToken}` },
    {
      title: `Shutdown check ${index + 1}`,
      description: 'Half sent when the instance was told to stop.',
      category: 'verification',
      budget: 1,
    },
    35_000,
  );

async function becomesUnready(target: Target, clock: Clock, signal: AbortSignal): Promise<boolean> {
  const url = target.environment.api + target.paths.ready;
  const deadline = clock.monotonic() + noticeMs;
  while (clock.monotonic() < deadline && !signal.aborted) {
    const answer = await ask({ url, timeoutMs: 2000 });
    if (!answer.ok || answer.status !== 200) return true;
    await clock.sleep(25, signal);
  }
  return false;
}

async function isReady(target: Target, clock: Clock): Promise<boolean> {
  const url = target.environment.api + target.paths.ready;
  for (let attempt = 0; attempt < 40; attempt += 1) {
    const answer = await ask({ url, timeoutMs: 2000 });
    if (answer.ok && answer.status === 200) return true;
    await clock.sleep(250);
  }
  return false;
}
