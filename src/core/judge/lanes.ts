import { clustersOf, type RolloutSettings } from '../rollout/settings.ts';
import type { Slo } from '../slo.ts';
import type { ClauseId } from '../sop.ts';
import {
  addBreachBatch,
  addRegressionBatch,
  type LaneSettings,
  type LaneState,
  logLaneEvidence,
  logMean,
  startLane,
} from '../statistics/index.ts';
import { keyOf, type Source, type Tally } from './tally.ts';

/** One question that is tested with every batch. */
export interface Lane {
  readonly slo: Slo;
  readonly source: Source;
  /** The rollback criterion or the objective that the lane is about. */
  readonly clause: ClauseId;
  /** `breach`: the canary's rate is above `limit`. `regression`: its odds are more than `limit` times the baseline's. */
  readonly question: 'breach' | 'regression';
  readonly limit: number;
  /** Counts only while every interval of the sustained span breaches (4.1a). */
  readonly sustained: boolean;
  readonly settings: LaneSettings;
  readonly state: LaneState;
}

export interface Lanes {
  readonly rollback: readonly Lane[];
  readonly hold: readonly Lane[];
}

type Draft = Omit<Lane, 'settings' | 'state'> & { readonly batches: number };

/**
 * The lanes of a rollout, fixed before its first batch by the objectives and the settings alone: the mean of e-values is
 * valid for lanes that the data did not choose.
 */
export function startLanes(slos: readonly Slo[], settings: RolloutSettings): Lanes {
  const { alpha } = settings.judge;
  const parts: Source[] = settings.synthetic === false ? ['users'] : ['users', 'synthetic'];
  return {
    rollback: start(
      slos.flatMap((slo) => rollbackLanes(slo, parts, settings)),
      alpha.rollback,
      settings,
    ),
    hold: start(
      slos.flatMap((slo) => holdLanes(slo, parts, settings)),
      alpha.hold,
      settings,
    ),
  };
}

function rollbackLanes(slo: Slo, parts: readonly Source[], { judge }: RolloutSettings): Draft[] {
  const base = { slo, question: 'breach', sustained: false, batches: judge.batches.rollback } as const;
  if (slo.event.kind === 'slow-response') {
    if (slo.event.percentile < 95) return [];
    const latency = { ...base, clause: '4.1a', limit: slo.limit } as const;
    return parts.flatMap((source): Draft[] => [
      { ...latency, source, sustained: true },
      { ...latency, source, batches: judge.batches.latency },
    ]);
  }
  if (!slo.rollback) return [];
  const { clause, above } = slo.rollback;
  return sourcesOf(slo, parts, ['router', 'front']).map((source) => ({ ...base, source, clause, limit: above }));
}

function holdLanes(slo: Slo, parts: readonly Source[], { judge }: RolloutSettings): Draft[] {
  const base = { slo, clause: slo.clause, sustained: false, batches: judge.batches.hold } as const;
  const limit = Math.min(slo.limit, slo.rollback?.above ?? slo.limit);
  const { errors, payments, latency } = judge.tolerance;
  const rho = {
    'server-error': errors,
    'failed-payment': payments,
    'slow-response': latency,
    'crashed-session': errors,
  }[slo.event.kind];
  return [
    ...sourcesOf(slo, parts, ['router', 'front']).map((source): Draft => ({
      ...base,
      source,
      question: 'breach',
      limit,
    })),
    ...sourcesOf(slo, parts, ['router']).map((source): Draft => ({
      ...base,
      source,
      question: 'regression',
      limit: rho,
    })),
  ];
}

const sourcesOf = ({ event }: Slo, parts: readonly Source[], ofErrors: readonly Source[]): Source[] =>
  event.kind === 'server-error' ? [...parts, ...ofErrors] : [...parts];

function start(drafts: readonly Draft[], alpha: number, { judge }: RolloutSettings): Lane[] {
  return drafts.map(({ batches, ...lane }) => {
    const settings: LaneSettings = {
      lanes: drafts.length,
      alpha,
      capBatches: batches,
      phi: clustersOf(lane.slo, judge),
      restarts: judge.restarts,
    };
    return { ...lane, settings, state: startLane(settings) };
  });
}

/** Every lane that the batch counted something for, after it. */
export const addBatch = (lanes: readonly Lane[], batch: Tally): readonly Lane[] =>
  lanes.map((lane) => add(lane, batch));

function add(lane: Lane, batch: Tally): Lane {
  const { slo, source, settings, state, limit } = lane;
  const green = batch[keyOf('canary', source, slo)];
  if (!green) return lane;
  if (lane.question === 'breach') return { ...lane, state: addBreachBatch(state, settings, green, limit) };
  const blue = batch[keyOf('baseline', source, slo)];
  return blue ? { ...lane, state: addRegressionBatch(state, settings, { green, blue }, limit) } : lane;
}

/** Natural log of the mean of their e-values; a lane that may not count now has the e-value 0. */
export const evidenceOf = (lanes: readonly Lane[], mayCount: (lane: Lane) => boolean = () => true): number =>
  logMean(lanes.map((lane) => (mayCount(lane) ? logLaneEvidence(lane.state) : -Infinity)));

/** The lane with the most evidence; undefined where there is none. */
export function strongest(lanes: readonly Lane[], mayCount: (lane: Lane) => boolean = () => true): Lane | undefined {
  const logs = lanes.map((lane) => (mayCount(lane) ? logLaneEvidence(lane.state) : -Infinity));
  return lanes[logs.indexOf(Math.max(...logs))];
}
