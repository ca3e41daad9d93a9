/** How serious a broken contract is, most serious first. */
export const findingRanks = ['money', 'access', 'contract', 'form'] as const;
export type FindingRank = (typeof findingRanks)[number];

export interface TaggedName {
  /** The name as it is printed, without its tag. */
  readonly text: string;
  readonly rank?: FindingRank;
  /** Steps that failed by the same difference share one finding of this id. */
  readonly id?: string;
}

const tag = new RegExp(String.raw`^(.*\S)\s+@(${findingRanks.join('|')})(?:\(([a-z0-9-]+)\))?$`, 's');

/** A name of a step or of an assertion that may end with a tag: `a new key moves nothing @money`, `… @form(request-id)`. */
export function parseTag(name: string): TaggedName {
  const [, text, rank, id] = tag.exec(name) ?? [];
  if (text === undefined) return { text: name };
  return { text, rank: rank as FindingRank, ...(id === undefined ? {} : { id }) };
}

/** The last part of a finding's id: words of the name, joined by dashes. */
export const slugOf = (name: string): string =>
  parseTag(name)
    .text.normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '');
