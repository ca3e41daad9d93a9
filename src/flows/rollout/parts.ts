import type { Observation } from '../../core/rollout/observation.ts';
import {
  countAnswered,
  countSent,
  nothingSent,
  type Remainder,
  type SentSides,
  sentBetween,
  usersIn,
} from '../../core/rollout/sent.ts';
import type { Slo } from '../../core/slo.ts';
import type { Source } from '../../sources/index.ts';
import type { CountedSide } from './count-side.ts';

type Counted = Pick<Observation, 'canary' | 'baseline' | 'edges' | 'above'>;
type Parts = Counted & Pick<Observation, 'users' | 'synthetic' | 'baselineUsers' | 'baselineSynthetic'>;

/** The counts of an interval with their parts: users' and those of our own requests. */
export type Divide = (
  counted: Counted,
  sent: SentSides | undefined,
  /** Whether every instance of the side was read. */
  complete: { readonly canary: boolean; readonly baseline: boolean },
) => Parts;

/** What was sent between two readings of k6's counts; undefined where nothing was. */
export function sentIn(before: SentSides | undefined, now: SentSides | undefined): SentSides | undefined {
  if (!now) return undefined;
  const canary = sentBetween(before?.canary ?? nothingSent, now.canary);
  return now.baseline ? { canary, baseline: sentBetween(before?.baseline ?? nothingSent, now.baseline) } : { canary };
}

/** Carries over, interval by interval and side by side, what k6 counted before the pages or after them. */
export function openParts(slos: readonly Slo[], { name }: Pick<Source, 'name'>): Divide {
  const remainders = new Map<string, Remainder>();
  const usersOf = (which: string, pages: Observation['canary'], answered: Observation['canary']) => {
    // The router counts users only, because requests of our own do not pass it.
    if (name === 'router') return pages;
    const { users, remainder } = usersIn(pages, answered, remainders.get(which));
    remainders.set(which, remainder);
    return users;
  };
  return (counted, sent, complete) => {
    if (!sent || !complete.canary) {
      // What instances counted that were not read is lost, and so is the remainder of it.
      remainders.clear();
      return counted;
    }
    const { canary, baseline, above } = counted;
    const own = countAnswered(sent.canary, slos);
    const other = sent.baseline && countAnswered(sent.baseline, slos);
    const others = (which: string, pages: Observation['canary'], answered: Observation['canary']) =>
      complete.baseline ? usersOf(which, pages, answered) : {};
    return {
      ...counted,
      users: usersOf('canary', canary, own),
      synthetic: countSent(sent.canary, slos),
      ...(sent.baseline && other
        ? { baselineUsers: others('baseline', baseline, other), baselineSynthetic: countSent(sent.baseline, slos) }
        : {}),
      ...(above
        ? {
            above: {
              ...above,
              users: usersOf('canary above', above.canary, own),
              ...(other ? { baselineUsers: others('baseline above', above.baseline, other) } : {}),
            },
          }
        : {}),
    };
  };
}

/** The counts of a side without the requests of our own, for what is left to be told apart. */
export function withoutSent(side: CountedSide, sent: SentSides | undefined, slos: readonly Slo[]): CountedSide {
  return sent ? { ...side, counts: usersIn(side.counts, countAnswered(sent.canary, slos)).users } : side;
}
