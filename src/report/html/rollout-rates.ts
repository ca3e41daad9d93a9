import type { Tick } from '../../core/rollout/tick.ts';
import { describeObjective, formatRate, type Slo } from '../../core/slo.ts';
import type { RolloutTime } from './rollout-time.ts';

export interface RatePoint {
  readonly ms: number;
  /** Fraction in [0, 1]. */
  readonly rate: number;
}

/** What an objective measured on both sides, as lines that break where nothing was measured. */
export interface RateLane {
  readonly slo: Slo;
  readonly title: string;
  readonly canary: readonly (readonly RatePoint[])[];
  readonly baseline: readonly (readonly RatePoint[])[];
  readonly limits: readonly { readonly at: number; readonly label: string }[];
  /** The top of the lane, above 0. */
  readonly highest: number;
}

/** The lanes under the traffic: errors, and the slow share of the highest percentile. */
export function rateLanes(time: RolloutTime, slos: readonly Slo[]): RateLane[] {
  const errors = slos.find(({ event }) => event.kind === 'server-error');
  const slow = slos
    .filter(({ event }) => event.kind === 'slow-response')
    .toSorted((a, b) => percentileOf(b) - percentileOf(a))[0];
  return [errors, slow].flatMap((slo) => (slo ? [laneOf(slo, time)] : []));
}

const percentileOf = ({ event }: Slo): number => (event.kind === 'slow-response' ? event.percentile : 0);

function laneOf(slo: Slo, time: RolloutTime): RateLane {
  const canary = linesOf(slo, time, 'canary');
  const baseline = linesOf(slo, time, 'baseline');
  const limits = [
    { at: slo.limit, label: formatRate(slo.limit) },
    ...(slo.rollback && slo.rollback.above !== slo.limit
      ? [{ at: slo.rollback.above, label: `${formatRate(slo.rollback.above)} back` }]
      : []),
  ];
  const rates = [...canary, ...baseline].flat().map(({ rate }) => rate);
  const title = slo.event.kind === 'slow-response' ? `slower than ${describeObjective(slo).split('< ')[1]}` : '5xx';
  return { slo, title, canary, baseline, limits, highest: Math.max(...rates, ...limits.map(({ at }) => at)) * 1.15 };
}

/** More points than this are not told apart on the page; looks are then counted together. */
const mostPoints = 200;

function linesOf(slo: Slo, { events }: RolloutTime, side: 'canary' | 'baseline'): RatePoint[][] {
  const runs: { readonly ms: number; readonly tick: Tick }[][] = [[]];
  for (const { ms, event } of events) {
    if (event.type === 'tick' && event.tick.observed && (event.tick[side][slo.id]?.trials ?? 0) > 0)
      runs.at(-1)?.push({ ms, tick: event.tick });
    else if (event.type === 'tick' || event.type === 'resumed') runs.push([]);
  }
  const together = Math.max(1, Math.ceil(runs.flat().length / mostPoints));
  return runs
    .filter(({ length }) => length > 0)
    .map((run) =>
      Array.from({ length: Math.ceil(run.length / together) }, (_, group) => {
        const looks = run.slice(group * together, (group + 1) * together);
        const counts = looks.flatMap(({ tick }) => tick[side][slo.id] ?? []);
        const trials = counts.reduce((sum, count) => sum + count.trials, 0);
        const failed = counts.reduce((sum, count) => sum + count.events, 0);
        return { ms: looks.at(-1)?.ms ?? 0, rate: failed / trials };
      }),
    );
}
