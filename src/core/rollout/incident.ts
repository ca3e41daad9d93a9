import type { ChannelMessage } from '../courtesy.ts';
import { formatCount, formatMs } from '../slo.ts';
import { foldRollout } from './advance.ts';
import { sumServed } from './observation.ts';
import { type Receipt, receiptOf } from './receipt.ts';
import type { RolloutRecord } from './record.ts';
import { describeShares } from './step.ts';

export interface IncidentFacts {
  readonly runId: string;
  readonly target: string;
  readonly record: RolloutRecord;
  readonly reportUrl?: string;
}

/** What the incident channel reads of a rollback (4.2.4), as of the moment at which it is sent. */
export function incidentMessage(facts: IncidentFacts): Omit<ChannelMessage, 'marker' | 'notBefore'> {
  const { runId, record, reportUrl } = facts;
  const receipt = receiptOf(record);
  const problems = problemsOf(receipt);
  return {
    title: incidentTitle(facts),
    facts: [...incidentRows(facts), ['Run', runId]],
    lists: problems.length === 0 ? [] : [{ title: 'To be checked', noun: 'problems', lines: problems }],
    links: reportUrl === undefined ? [] : [{ text: 'Report', url: reportUrl }],
  };
}

/** `Rolled back: R on staging`, or that it could not be. */
export function incidentTitle({ record, target }: IncidentFacts): string {
  const { failures } = foldRollout(record.plan, record.events);
  const word = failures.length === 0 ? 'Rolled back' : 'Rollback needs a person';
  return `${word}: ${record.plan.release} on ${target}`;
}

/** The facts of an incident, each with its name. */
export function incidentRows({ target, record }: IncidentFacts): (readonly [string, string])[] {
  const { plan, events } = record;
  const { shares, failures } = foldRollout(plan, events);
  const receipt = receiptOf(record);
  const users = sumServed(
    events.flatMap((event) => (event.type === 'observed' ? [event.observation] : [])),
    'canary',
  );
  return [
    ['Target', target],
    ['Release', `${plan.release}, ${plan.strategy}`],
    ['Restored', plan.previousRelease ?? 'the previous release'],
    ['Reason', receipt?.because ?? 'unknown'],
    ...(shares ? [['Traffic', `${describeShares(shares)}, as read back`] as const] : []),
    ...trafficRows(receipt, failures),
    ...(users
      ? [
          [
            'Users',
            `${formatCount(users.requests)} requests were answered by it, ${formatCount(users.failed)} failed`,
          ] as const,
        ]
      : []),
  ];
}

const trafficRows = (receipt: Receipt | undefined, failures: readonly string[]): (readonly [string, string])[] => [
  ...(receipt?.trafficBackMs === undefined
    ? []
    : [['Traffic back', `${formatMs(receipt.trafficBackMs)} after the decision at ${receipt.startedAt}`] as const]),
  ...failures.map((failure) => ['Not completed', failure] as const),
];

/** What failed or could not be shown, in the order of the steps. */
export const problemsOf = (receipt: Receipt | undefined): string[] =>
  (receipt?.steps ?? []).flatMap(({ title, status, proof, problems }) =>
    status === 'failed' ? [`${title}: ${proof}`] : problems.map((problem) => `${title}: ${problem}`),
  );
