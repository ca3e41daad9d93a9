import { messageOf, type SummaryData } from '../../../../load/message.ts';
import type { LoadPlan } from '../../../../src/core/load-plan.ts';
import type { Segment } from '../../../../src/core/load-segments.ts';
import type { Slo } from '../../../../src/core/slo.ts';
import type { Behaviour, Container, RunnerDouble } from './pod-doubles.ts';

/** What a runner counted, over that of one that met every objective. */
export interface Counted {
  readonly metrics?: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly checks?: SummaryData['root_group']['checks'];
  readonly options?: readonly string[];
  readonly run?: string;
  readonly segment?: string;
  readonly began?: number;
}

/** Requests that each runner of the double counts. */
export const requestsEach = 2000;

/** The message of a k6 that sent its part of the plan. */
export function messageFor({ files, index }: Pick<Container, 'files' | 'index'>, counted: Counted = {}): string {
  const plan = JSON.parse(files['plan.json'] ?? '') as LoadPlan;
  const slos = JSON.parse(files['slo.json'] ?? '') as Slo[];
  const segment = JSON.parse(files[`segment-${index}.json`] ?? '') as Segment;
  const variables = JSON.parse(/^Object\.assign\(__ENV, (.*)\);$/m.exec(files['load.js'] ?? '')?.[1] ?? '{}') as Record<
    string,
    string
  >;
  const heartbeats = (plan.durationMs / 1000) * 4;
  const arrivals = Math.round(arrivalsOf(plan) / (plan.runners ?? 1));
  const metrics = {
    http_reqs: { count: requestsEach },
    http_req_failed: { passes: 0, fails: requestsEach },
    http_req_duration: { count: requestsEach, med: 20 + index, 'p(95)': 80 + index, 'p(99)': 90 },
    iterations: { count: arrivals + heartbeats },
    generator_lateness: { count: heartbeats, 'p(95)': 1 },
    correct_answers: { count: requestsEach },
    payments: { count: 400 },
    failed_payments: { passes: 0, fails: 400 },
    ...counted.metrics,
  };
  return messageOf(
    {
      metrics: Object.fromEntries(Object.entries(metrics).map(([name, values]) => [name, { values }])),
      state: { testRunDurationMs: plan.durationMs },
      root_group: { checks: counted.checks ?? [] },
    },
    {
      run: counted.run ?? variables['LOAD_RUN'] ?? '',
      segment: counted.segment ?? segment.executionSegment,
      sequence: segment.executionSegmentSequence,
      options: counted.options ?? [],
      slos,
      now: (counted.began ?? 1_700_000_000_000) + plan.durationMs,
    },
  );
}

const arrivalsOf = ({ scenarios }: LoadPlan): number =>
  scenarios.reduce(
    (sum, { stages }) =>
      sum + stages.reduce((all, { perMinute, durationMs }) => all + (perMinute * durationMs) / 60_000, 0),
    0,
  );

const statusOf = (users: number, paused: boolean) => ({
  data: {
    type: 'status',
    id: 'default',
    attributes: {
      status: paused ? 4 : 7,
      paused,
      vus: 0,
      'vus-max': users,
      stopped: false,
      running: !paused,
      tainted: false,
    },
  },
});

export interface PausedK6 {
  /** Virtual users that it reports, instead of its part of the plan's. */
  readonly users?: number;
  /** It stays paused. */
  readonly deaf?: boolean;
  readonly onStart: () => void;
}

/** A k6 that waits, paused, and calls back when it is started. */
export function pausedK6({ files }: Container, { users, deaf = false, onStart }: PausedK6): RunnerDouble {
  const plan = JSON.parse(files['plan.json'] ?? '') as LoadPlan;
  const own = plan.scenarios.reduce((sum, each) => sum + each.users, 0) / (plan.runners ?? 1) + 1;
  let paused = true;
  return {
    status: () => statusOf(users ?? own, paused),
    patch: (body) => {
      const wanted = (body as { data: { attributes: { paused: boolean } } }).data.attributes.paused;
      if (!deaf && paused && !wanted) {
        paused = false;
        setImmediate(onStart);
      }
      return statusOf(users ?? own, paused);
    },
  };
}

/** A k6 that sends its part; `how` changes what becomes of a runner. */
export const k6 =
  (how: (container: Container) => Counted | (() => void) | undefined = () => undefined): Behaviour =>
  (container) =>
    pausedK6(container, {
      onStart: () => {
        const counted = how(container);
        if (typeof counted === 'function') counted();
        else container.end(0, { message: messageFor(container, counted ?? {}) });
      },
    });

/** Only runner 2 (index 1). */
export const second =
  (how: (container: Container) => Counted | (() => void)) =>
  (container: Container): Counted | (() => void) | undefined =>
    container.index === 1 ? how(container) : undefined;
