import type { LoadRunner, RunnerMessage } from '../../core/load-runner.ts';
import type { Slo } from '../../core/slo.ts';
import { segmentOf } from '../../core/load-segments.ts';
import { endings } from '../k6-outcome.ts';
import { parseMessage } from './message.ts';
import { indexesOf, type TrackedPod, type TrackedPods, type Watch } from './tracking.ts';

/** For the controller to count what has ended. */
const controllerMs = 15_000;

export interface Ending {
  readonly timedOut: boolean;
  readonly problems: readonly string[];
}

/** Waits until every runner has ended or is gone, and until its controller has counted that. */
export async function untilEnded(
  watch: Watch,
  pods: TrackedPods,
  { limitMs, onPoll }: { readonly limitMs: number; readonly onPoll: (elapsedMs: number) => void },
): Promise<Ending> {
  const { runners, clock, signal, pollMs } = watch;
  const began = clock.monotonic();
  for (;;) {
    await pods.read();
    const open = indexesOf(runners).filter((index) => !isOver(pods.of(index)));
    if (open.length === 0) break;
    const elapsed = clock.monotonic() - began;
    if (elapsed >= limitMs) {
      const failure = pods.failure();
      return { timedOut: true, problems: failure === undefined ? [] : [`the runners could not be read: ${failure}`] };
    }
    if (signal.aborted) return { timedOut: false, problems: [] };
    onPoll(elapsed);
    await clock.sleep(pollMs, signal);
  }
  return { timedOut: false, problems: await controllerProblems(watch) };
}

/** One that has not been listed yet may still come. */
const isOver = (pod: TrackedPod | undefined): boolean => pod !== undefined && (pod.ended !== undefined || pod.gone);

async function controllerProblems({ set, clock, signal, pollMs }: Watch): Promise<readonly string[]> {
  const until = clock.monotonic() + controllerMs;
  for (;;) {
    const state = await set.readController(signal).catch(() => undefined);
    if (state?.finished) return state.problems;
    if (signal.aborted) return [];
    if (clock.monotonic() >= until)
      return ['Kubernetes does not report the load as finished, although its runners are'];
    await clock.sleep(pollMs, signal);
  }
}

export interface Collected {
  readonly messages: readonly RunnerMessage[];
  readonly runners: readonly LoadRunner[];
  readonly problems: readonly string[];
}

interface Question {
  readonly run: string;
  readonly slos: readonly Slo[];
  readonly runners: number;
  readonly lateMs: readonly (number | undefined)[];
}

/** Later than this after the first runner, one runner's part is no longer at the same time as the others'. */
const latestStartMs = 1000;

/** What each runner left. A runner without its counts is a part of the load that is not known. */
export function collect(pods: TrackedPods, { run, slos, runners, lateMs }: Question): Collected {
  const slow = slos.filter(({ event }) => event.kind === 'slow-response').length;
  const each = indexesOf(runners).map((index) => {
    const pod = pods.of(index);
    const { executionSegment: segment } = segmentOf(index, runners);
    const message = parseMessage(pod?.ended?.message, { run, segment, runners, slow });
    return { index, pod, message: typeof message === 'string' ? undefined : message, why: whyUnknown(pod, message) };
  });
  const earliest = Math.min(...each.flatMap(({ message }) => message?.began ?? []));
  const described = each.map(({ index, pod, message, why }) => {
    // The clocks of two nodes may differ; our own is used where the runners were started by us.
    const late = lateMs[index] ?? (message && message.began - earliest);
    const runner = describe({ index, pod, message, late });
    return {
      runner,
      message,
      problems: [...why, ...lateness(late)].map((text) => `${nameOf(runner, runners)} ${text}`),
    };
  });
  return {
    messages: described.flatMap(({ message }) => message ?? []),
    runners: described.map(({ runner }) => runner),
    problems: described.flatMap(({ problems }) => problems),
  };
}

const nameOf = ({ number, pod }: LoadRunner, runners: number): string =>
  `runner ${number} of ${runners}${pod === undefined ? '' : ` (pod ${pod})`}`;

function whyUnknown(pod: TrackedPod | undefined, message: RunnerMessage | string): string[] {
  if (!pod) return ['has no pod'];
  const { ended, gone, starts } = pod;
  const twice = starts > 1 ? [`was started ${starts} times`] : [];
  if (!ended) return [...twice, gone ? 'was deleted before it ended' : 'has not ended'];
  const { exitCode, reason } = ended;
  if (exitCode === 137) return [...twice, `was killed (exit code 137, ${reason})`];
  if (exitCode === 99) return [...twice, 'ended with exit code 99 although it has no thresholds'];
  if (exitCode !== 0) return [...twice, endingOf(pod, exitCode)];
  return typeof message === 'string' ? [...twice, message] : twice;
}

function endingOf({ ended }: TrackedPod, exitCode: number): string {
  const outcome = { exitCode, signal: null, timedOut: false, interrupted: false, stderr: ended?.message ?? '' };
  return endings({ ...empty, ...outcome })
    .join('')
    .replace(/^k6 /, '');
}

const empty = { tool: 'k6', version: '', command: [], startedAt: '', durationMs: 0, stdout: '' };

const lateness = (late: number | undefined): string[] =>
  late !== undefined && late > latestStartMs ? [`started ${Math.round(late)} ms after the first`] : [];

function describe({
  index,
  pod,
  message,
  late,
}: {
  readonly index: number;
  readonly pod: TrackedPod | undefined;
  readonly message: RunnerMessage | undefined;
  readonly late: number | undefined;
}): LoadRunner {
  return {
    number: index + 1,
    exitCode: pod?.ended?.exitCode ?? null,
    ...(pod ? { pod: pod.name } : {}),
    ...(message ? { requests: message.counts.q, heartbeatLateMs: Math.round(message.late) } : {}),
    ...(pod?.ended ? { reason: pod.ended.reason } : pod?.gone ? { reason: 'deleted' } : {}),
    ...(late === undefined ? {} : { lateMs: Math.max(0, Math.round(late)) }),
  };
}
