import type { JourneyStep } from '../evidence.ts';
import { type FindingRank, findingRanks, parseTag, slugOf } from '../finding-tag.ts';

/** What is wrong with the release: one failed step, or all steps that failed by the same named difference. */
export interface Finding {
  /** `smoke.newman/a-negative-amount-is-refused`, stable between runs. */
  readonly id: string;
  readonly rank: FindingRank;
  readonly steps: readonly JourneyStep[];
}

/** The findings of one check, the most serious first, in the order of the steps within a rank. */
export function findingsOf(check: string, steps: readonly JourneyStep[]): Finding[] {
  const found = new Map<string, Finding>();
  for (const step of steps.filter(({ status }) => status === 'fail')) {
    for (const { name, rank } of differencesOf(step)) {
      const id = `${check}/${name}`;
      const earlier = found.get(id);
      const worst = earlier && severityOf(earlier.rank) <= severityOf(rank) ? earlier.rank : rank;
      found.set(id, { id, rank: worst, steps: [...(earlier?.steps ?? []), step] });
    }
  }
  return [...found.values()].toSorted((a, b) => severityOf(a.rank) - severityOf(b.rank));
}

/** 0 is the most serious. */
export const severityOf = (rank: FindingRank): number => findingRanks.indexOf(rank);

interface Difference {
  readonly name: string;
  readonly rank: FindingRank;
}

/** A step that failed by assertions with an id only is no finding of its own: it belongs to those ids. */
function differencesOf(step: JourneyStep): Difference[] {
  const broken = step.assertions.filter(({ ok }) => !ok).map(({ name }) => parseTag(name));
  const own = parseTag(step.name).rank ?? 'contract';
  if (broken.length > 0 && step.error === undefined && broken.every(({ id }) => id !== undefined))
    return broken.map(({ id = '', rank = own }) => ({ name: id, rank }));
  const tagged = broken.flatMap(({ rank }) => rank ?? []);
  return [{ name: slugOf(step.name), rank: mostSerious(tagged.length > 0 ? tagged : [own]) }];
}

const mostSerious = (ranks: readonly FindingRank[]): FindingRank =>
  findingRanks.find((rank) => ranks.includes(rank)) ?? 'contract';
