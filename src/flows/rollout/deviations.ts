import { isRolledByRuntime, isShipping } from '../../core/rollout/plan.ts';
import type { RolloutRecord } from '../../core/rollout/record.ts';
import { clusteredKinds, type JudgeSettings, type RolloutSettings, sopJudge } from '../../core/rollout/settings.ts';
import { formatMs } from '../../core/slo.ts';
import type { RolloutRun } from './run.ts';

const sop = { stages: '10,50,100', readinessMs: 60_000, sustainedMs: 300_000, watchMs: 1_800_000 } as const;

/** What deviated from the SOP, one sentence each, with its clause and its reason. */
export function deviationsFrom(run: RolloutRun): string[] {
  const { plan } = run.state();
  const { settings } = plan;
  const { readiness } = run.targetOf(plan.live);
  const deviations: string[] = [];
  if (readiness.stableForMs < sop.readinessMs)
    deviations.push(
      `Readiness window ${formatMs(readiness.stableForMs)} instead of 60 s (2.B3b), set by the target file.`,
    );
  if (plan.strategy === 'blue-green' && settings.stages.join(',') !== sop.stages)
    deviations.push(
      `Stages ${settings.stages.join(' -> ')} % instead of 10 -> 50 -> 100 % (2.B4), set by the target file.`,
    );
  if (settings.latency.sustainedMs < sop.sustainedMs)
    deviations.push(
      `Latency rollback after ${formatMs(settings.latency.sustainedMs)} instead of 5 minutes (4.1a), set by the target file.`,
    );
  if (settings.watch.forMs < sop.watchMs)
    deviations.push(
      `Watch for ${formatMs(settings.watch.forMs)} after the last shift instead of 30 minutes (4.1), set by the target file.`,
    );
  if (plan.retried)
    deviations.push(`Shipped although ${plan.retried.runId} had rolled it back: ${plan.retried.because}`);
  const [first] = plan.steps;
  if (first?.do === 'adopt' && first.unobservedMs > 0)
    deviations.push(
      `Not observed for the first ${formatMs(first.unobservedMs)} after the last shift (4.1): the watch was started late.`,
    );
  deviations.push(...judgeDeviations(settings), ...stepBacks(run.record()));
  if (!isShipping(plan)) return [...deviations, ...journalDeviations(run)];
  if (plan.strategy === 'in-place') deviations.push(...inPlaceDeviations(run));
  if (isRolledByRuntime(plan)) deviations.push(...rolledDeviations);
  if (!run.drivers.migrations) deviations.push('No migrations were run (2.B2): the target file names none.');
  return [...deviations, ...killedInstances(run.record()), ...journalDeviations(run)];
}

/** What the SOP asks for and a platform that replaces the one instance cannot give. */
const inPlaceDeviations = ({ drivers }: RolloutRun): string[] => [
  'No stages of 10 -> 50 -> 100 % (2.B4): the platform replaces what serves users, so all of them get the release at once.',
  'No idle colour (2.B1, 2.B3): identity, health and readiness are verified at the public address, after users have the release.',
  'The previous release is not kept warm (2.B5): a rollback is a deployment of the platform, and takes as long as one.',
  'No baseline beside the release: a rate is compared with its limit, and not with the previous release.',
  ...(drivers.migrations
    ? ['Migrations were run against the environment that serves users (2.B2): there is no idle one.']
    : []),
];

/** What the SOP asks for and a runtime that replaces instances by itself does otherwise. */
const rolledDeviations = [
  'Users reach an instance once the readiness probe of the runtime passes, before its identity and its readiness window are verified (2.R3).',
  'Instances are not drained through the router (2.R1): the runtime leaves an instance out when it is asked to end.',
];

/** A release that is a GO in the end has failed users before. */
const stepBacks = ({ plan, events }: RolloutRecord): string[] =>
  events.flatMap((event) =>
    event.type === 'stepped-back'
      ? [
          `Traffic was put back from 100 % to ${plan.settings.stages.at(-2)} % at ${event.at} (step-back): ${event.because}.`,
        ]
      : [],
  );

function journalDeviations(run: RolloutRun): string[] {
  const journalError = run.journalError();
  return journalError === undefined ? [] : [`The journal is incomplete: ${journalError}`];
}

const killedInstances = ({ events }: RolloutRecord): string[] =>
  events.flatMap((event) => {
    if (event.type !== 'done') return [];
    const { endings = [], step, summary } = event;
    if (step.do === 'stop' && summary.startsWith('killed')) return [`${step.instance} was ${summary}.`];
    return endings.flatMap(({ name, code, killed }) => {
      if (killed) return [`${name} was killed: it did not end by itself (2.R4).`];
      return code === 0 ? [] : [`${name} ended with exit code ${code ?? 'unknown'} (2.R4).`];
    });
  });

/** Every setting of the judge that weakens or changes what the SOP and the defaults of config/rollout.yaml say. */
export function judgeDeviations({ judge, minimum }: Pick<RolloutSettings, 'judge' | 'minimum'>): string[] {
  const differences: readonly (readonly [string, (settings: JudgeSettings) => string])[] = [
    ['Mode of rollback', ({ mode }) => mode],
    ['Batches', ({ batchMs }) => formatMs(batchMs)],
    ['Chance of a wrong proof', ({ beta }) => `${beta}`],
    ['Chance of a wrong rollback', ({ alpha }) => `${alpha.rollback} and ${alpha.fast}`],
    ['Chance of a wrong hold', ({ alpha }) => `${alpha.hold}`],
    [
      'Fewest bad batches',
      ({ batches }) => `${batches.rollback}, ${batches.hold} to hold, ${batches.latency} by latency`,
    ],
    ['Tolerated odds', ({ tolerance }) => `${tolerance.errors}, ${tolerance.payments}, ${tolerance.latency}`],
    ['Window of 4.1b', ({ literal }) => `${formatMs(literal.windowMs)}, confirmed by ${formatMs(literal.confirmMs)}`],
    ['Samples', ({ sample }) => `every ${formatMs(sample.everyMs)}, at most ${formatMs(sample.longestMs)}`],
    ['Clusters of failures', ({ clusters }) => clusteredKinds.map((kind) => `${kind} ${clusters[kind]}`).join(', ')],
    ['Step-back at 100 %', ({ stepBack }) => stepBack.mode],
    ['Left out by the fast test', ({ fast }) => `${fast.leftOut} samples, then ${fast.beyond}`],
  ];
  const changed = differences.flatMap(([name, valueOf]) => {
    const [ours, usual] = [valueOf(judge), valueOf(sopJudge)];
    return ours === usual ? [] : [`${name}: ${ours} instead of ${usual}, set by the target file.`];
  });
  const { requests, payments } = minimum;
  if (requests < 300 || payments < 100)
    changed.push(
      `4.1b applies from ${requests} requests and ${payments} payments instead of 300 and 100, set by the target file.`,
    );
  return changed;
}
