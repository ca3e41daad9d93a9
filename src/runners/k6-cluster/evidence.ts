import { join } from 'node:path';
import type { LoadEvidence, ReleaseAnswers, ToolOutcome } from '../../core/evidence.ts';
import { deviationsFrom } from '../../core/load-plan.ts';
import type { LoadRunner, RunnerMessage } from '../../core/load-runner.ts';
import { formatCount } from '../../core/slo.ts';
import { writeTextAtomic } from '../../system/files.ts';
import { heartbeatMs } from '../k6-outcome.ts';
import { evidenceOf } from '../k6-process.ts';
import { type LoadNumbers, noNumbers } from '../k6-summary.ts';
import type { RunnerContext } from '../runner.ts';
import { mergeMessages } from './merge.ts';
import type { ClusterLoad } from './load-set.ts';
import { indexesOf, type TrackedPods } from './tracking.ts';

/** What became of the runners of one load. */
export interface Sent {
  readonly messages: readonly RunnerMessage[];
  readonly runners: readonly LoadRunner[];
  readonly ended: TrackedPods;
  readonly interrupted: boolean;
  readonly timedOut: boolean;
  readonly durationMs: number;
  readonly problems: readonly string[];
}

export async function clusterEvidence(
  sent: Sent & {
    readonly startedAt: string;
    readonly folder: string;
    /** The release that the scripts compared with. */
    readonly compared: string | undefined;
  },
  options: ClusterLoad,
  { mask }: RunnerContext,
): Promise<LoadEvidence> {
  const { messages, folder, runners } = sent;
  const { slos, plan } = options;
  await writeTextAtomic(join(folder, 'runners.json'), mask(`${JSON.stringify({ runners, messages }, undefined, 2)}\n`));
  const numbers = messages.length === 0 ? noNumbers : mergeMessages(messages, slos);
  const checked = {
    ...(isUnreachable(numbers) ? { ...numbers, slo: {} } : numbers),
    runners,
    releases: releasesIn(numbers, sent.compared),
    problems: [
      ...sent.problems,
      ...unreachable(numbers, options),
      ...numbers.problems,
      ...messages.flatMap((message) => unplanned(message, options)),
      ...deviations(sent, numbers, options),
    ].map(mask),
  };
  const evidence = await evidenceOf({ profile: plan.profile, folder }, outcomeOf(sent, options, mask), checked, []);
  return evidence;
}

/** The runners' arrivals together and, because one of many would disappear in the tolerance, of each. */
function deviations(
  { messages, interrupted, timedOut, problems, runners }: Sent,
  { iterations, droppedIterations, heartbeats }: LoadNumbers,
  { plan }: ClusterLoad,
): string[] {
  // A runner without counts is a problem of its own.
  if (interrupted || timedOut || problems.length > 0 || messages.length < runners.length) return [];
  const applied = { arrivals: iterations + droppedIterations, durationMs: (heartbeats / runners.length) * heartbeatMs };
  const whole = deviationsFrom(plan, applied);
  if (whole.length > 0) return whole;
  return messages.flatMap(({ counts: { i, h, d } }, index) =>
    deviationsFrom(plan, { arrivals: i - h + d, durationMs: h * heartbeatMs }, 1 / runners.length).map(
      (deviation) => `runner ${index + 1}: ${deviation}`,
    ),
  );
}

/** The operator tags the samples of its runners. */
const unplanned = ({ options, segment }: RunnerMessage, { engine }: ClusterLoad): string[] => {
  const found = options.filter((option) => engine.driver !== 'k6-operator' || !option.startsWith('tags='));
  return found.length === 0
    ? []
    : [`k6 of segment ${segment} ran with options that the plan does not set: ${found.join(' ')}`];
};

/** No runner had an answer at all: that is the network between the pods and the target, and shows nothing of the release. */
const isUnreachable = ({ requests, unanswered }: LoadNumbers): boolean => requests > 0 && unanswered === requests;

const unreachable = (numbers: LoadNumbers, { target, engine }: ClusterLoad): string[] =>
  isUnreachable(numbers)
    ? [
        `no runner had an answer to any of ${formatCount(numbers.requests)} requests: ${target.environment.api} has to be reachable from the pods of ${engine.cluster.namespace ?? 'the namespace'}`,
      ]
    : [];

/** Names of other releases are in the runners' logs only. */
function releasesIn({ wrongRelease: { events, trials } }: LoadNumbers, compared = ''): ReleaseAnswers[] {
  const releases = [
    { name: compared, answers: trials - events },
    { name: 'another release under load', answers: events },
  ];
  return releases.filter(({ name, answers }) => name !== '' && answers > 0);
}

function outcomeOf(
  { runners, ended, startedAt, interrupted, timedOut, durationMs }: Sent & { readonly startedAt: string },
  { engine }: ClusterLoad,
  mask: (text: string) => string,
): ToolOutcome {
  const failed = runners.find(({ exitCode }) => exitCode !== null && exitCode !== 0);
  const open = runners.some(({ exitCode }) => exitCode === null);
  const logs = indexesOf(runners.length).flatMap((index) => {
    const pod = ended.of(index)?.ended;
    return pod === undefined || pod.exitCode === 0 ? [] : [`runner ${index + 1}: ${pod.message ?? pod.reason}`];
  });
  return {
    tool: 'k6',
    version: engine.image,
    command: ['k6', 'run', `load.engine: ${engine.driver}`, `runners: ${runners.length}`],
    exitCode: failed?.exitCode ?? (open ? null : 0),
    signal: open && !failed ? 'not every runner ended' : null,
    timedOut,
    interrupted,
    startedAt,
    durationMs,
    stdout: '',
    stderr: mask(logs.join('\n')),
  };
}
