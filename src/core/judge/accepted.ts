import type { AcceptedFinding } from '../target.ts';
import type { Judgement, NotChecked } from '../verdict.ts';

/** The known differences of a target, and the day on which the run judges them. */
export interface KnownDifferences {
  readonly findings: readonly AcceptedFinding[];
  /** ISO date, UTC. */
  readonly on: string;
}

/** What a plan keeps of them; `now` in milliseconds since the epoch. */
export const knownOf = (
  { accepted }: { readonly accepted: readonly AcceptedFinding[] },
  now: number,
): { readonly accepted?: KnownDifferences } =>
  accepted.length === 0 ? {} : { accepted: { findings: accepted, on: new Date(now).toISOString().slice(0, 10) } };

/** An entry counts until the end of its day, UTC. */
export const isCurrent = ({ until }: AcceptedFinding, on: string): boolean => on <= until;

/** The entry of a finding, of its check, or none. */
export const entryFor = (id: string, known: KnownDifferences | undefined): AcceptedFinding | undefined =>
  known?.findings.find((entry) => entry.id === id);

/** `accepted until 2026-12-24 by Ada: no request id on a 401`, or since when it is not. */
export const describeEntry = ({ reason, owner, until }: AcceptedFinding, on: string): string =>
  on <= until
    ? `accepted until ${until} by ${owner}: ${reason}`
    : `accepted by ${owner} until ${until}, which is over: ${reason}`;

/** A check that did not pass is accepted as a whole where an entry has its id; after the end date it fails again. */
export function acceptJudgement(judgement: Judgement, known: KnownDifferences | undefined): Judgement {
  const entry = judgement.status === 'pass' ? undefined : entryFor(judgement.id, known);
  if (!entry || known === undefined) return judgement;
  const because = `${judgement.because.replace(/\.$/, '')} (${describeEntry(entry, known.on)}).`;
  const accepted = [...(judgement.accepted ?? []), entry];
  return isCurrent(entry, known.on)
    ? { ...judgement, status: 'accepted', because, accepted }
    : { ...judgement, because };
}

/** Entries under whose id the run found nothing: the difference is gone, or the id is wrong. */
export function unmatchedEntries(
  judgements: readonly Judgement[],
  known: KnownDifferences | undefined,
  findings: readonly string[],
): NotChecked[] {
  const found = new Set([...findings, ...judgements.filter(({ status }) => status !== 'pass').map(({ id }) => id)]);
  return (known?.findings ?? [])
    .filter(({ id }) => !found.has(id))
    .map(({ id, owner, until }) => ({
      id: `accepted.${id}`,
      title: `Accepted difference ${id}`,
      clauses: ['3.1'],
      reason: 'not-applicable',
      because: `this run found nothing under this id (owner ${owner}, until ${until}): correct the id under \`accepted\`, or remove the entry`,
      required: false,
    }));
}
