/** What a defective release does wrong, once it has at least `fromShare` percent of the traffic. */
export interface Defect {
  readonly kind: 'errors' | 'never-ready' | 'smoke';
  readonly fromShare: number;
  /** Simulated time after which it first has that share when the defect begins. */
  readonly afterMs?: number;
  /** How long it lasts then; for ever where it is absent. */
  readonly lastsMs?: number;
  /** Fraction of the requests that fail, of kind `errors`; a tenth where it is absent. */
  readonly rate?: number;
}

/** Whether it shows at this time after the release first had the share; it does not depend on the share any more. */
export const isActive = ({ afterMs = 0, lastsMs = Number.POSITIVE_INFINITY }: Defect, ageMs: number): boolean =>
  ageMs >= afterMs && ageMs < afterMs + lastsMs;
