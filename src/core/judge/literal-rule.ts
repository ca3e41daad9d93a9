import type { Count } from '../evidence.ts';
import type { RolloutSettings } from '../rollout/settings.ts';
import type { Slo } from '../slo.ts';
import { logBreachEvidence, logWithinEvidence } from '../statistics/index.ts';
import { type Feed, windowOf } from './feed.ts';
import type { JudgeInput } from './judge-input.ts';
import { countIn, keyOf, type Source } from './tally.ts';

/** What the SOP's literal rule of 4.1b says of one count: a rate above the limit over the trailing window, with enough samples. */
export interface Firing {
  readonly slo: Slo;
  readonly source: Source;
  readonly count: Count;
  /** Observed time of the stage at which it fired first, and whether it fires now. */
  readonly sinceMs: number;
  readonly fires: boolean;
  /** It fired, and after the time of confirmation it still does, with all counts of the stage above the limit. */
  readonly confirmed: boolean;
  /** The baseline is above the limit over the same window, too. */
  readonly baseline?: Count;
}

/** By objective and source; of constant size. */
export type Literal = Readonly<Record<string, Firing>>;
export const noLiteral: Literal = {};

const sources: readonly Source[] = ['users', 'synthetic', 'router', 'front'];

/** Evaluated with every batch of a feed, for the counts that it holds. */
export function addToLiteral(literal: Literal, feed: Feed, { slos, settings, frontBefore }: JudgeInput): Literal {
  const window = windowOf(feed);
  const next: Record<string, Firing> = { ...literal };
  for (const slo of slos) {
    const { rollback } = slo;
    if (!rollback) continue;
    for (const source of sources) {
      const key = keyOf('canary', source, slo);
      const isCounted = Object.hasOwn(window, key);
      // What this feed counted earlier in the stage and does not any more: requests of our own that have ended.
      if (!isCounted && !(Object.hasOwn(feed.total, key) && next[key])) continue;
      if (source === 'front' && !cameWithShift(slo, frontBefore)) continue;
      const count = countIn(window, 'canary', source, slo);
      const fires = count.trials >= minimumOf(slo, settings) && count.events / count.trials > rollback.above;
      const firing = next[key];
      // Whether a suspicion was right is decided once, with the data that came after it.
      const waits = firing && feed.observedMs - firing.sinceMs < settings.judge.literal.confirmMs;
      if (!fires && !waits) {
        delete next[key];
        continue;
      }
      if (!isCounted) continue;
      const confirmed =
        fires && firing !== undefined && !waits && isAbove(countIn(feed.total, 'canary', source, slo), slo, settings);
      const baseline = countIn(window, 'baseline', source === 'front' ? 'users' : source, slo);
      next[key] = {
        slo,
        source,
        count,
        sinceMs: firing?.sinceMs ?? feed.observedMs,
        fires,
        confirmed: confirmed || firing?.confirmed === true,
        ...(isBreached(baseline, slo, settings) ? { baseline } : {}),
      };
    }
  }
  return next;
}

/** The cumulative rate is above the limit, and the mirror test does not prove the contrary. */
function isAbove({ events, trials }: Count, { rollback }: Slo, { judge }: RolloutSettings): boolean {
  const above = rollback?.above ?? 1;
  return events / trials > above && logWithinEvidence(events, trials, above) < Math.log(1 / judge.beta);
}

/** The baseline over the same window: above the limit, and beyond what chance explains. */
export const isBreached = ({ events, trials }: Count, { rollback, limit }: Slo, { judge }: RolloutSettings): boolean =>
  trials > 0 &&
  events / trials > (rollback?.above ?? limit) &&
  logBreachEvidence(events, trials, rollback?.above ?? limit) >= Math.log(1 / judge.alpha.hold);

export const minimumOf = ({ event }: Slo, { minimum }: RolloutSettings): number =>
  event.kind === 'failed-payment' ? minimum.payments : minimum.requests;

/** Answers that the router gives itself are the release's only if they came with the shift. */
export const cameWithShift = ({ rollback, limit }: Slo, before: JudgeInput['frontBefore']): boolean =>
  before !== undefined && before.requests > 0 && before.failed / before.requests <= (rollback?.above ?? limit);
