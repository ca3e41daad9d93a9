/** What a defective release does wrong, once it has at least `fromShare` percent of the traffic. */
export interface Defect {
  readonly kind: 'errors' | 'never-ready' | 'smoke';
  readonly fromShare: number;
  /** Simulated time after which it has that share when the defect begins. */
  readonly afterMs?: number;
}
