/** What is wrong with the new release, from which second on. Rates are fractions, durations ms. */
export interface Defect {
  readonly serverErrors?: number;
  readonly failedPayments?: number;
  readonly p95Ms?: number;
  /** Second of the release at which it begins; 0 where absent. */
  readonly fromSecond?: number;
}

export interface Scenario {
  readonly name: string;
  readonly defect: Defect;
  /** Whether a rollback is wrong: nothing is above a rollback limit. */
  readonly healthy: boolean;
  /** Releases per release asked for: false rollbacks are rare and need more. */
  readonly weight: number;
}

/** Short failures that are no defect of the release. */
export type Blips = 'none' | 'shared' | 'green' | 'both';

/** The stages of every release: 10 min at 10 %, 10 min at 50 %, 30 min at 100 %. */
export const stages = [
  { share: 10, fromSecond: 0 },
  { share: 50, fromSecond: 600 },
  { share: 100, fromSecond: 1200 },
] as const;
export const lastSecond = 3000;
const afterFullShift = 1260;

const faulty = (name: string, defect: Defect): Scenario => ({ name, defect, healthy: false, weight: 1 });

export const scenarios: readonly Scenario[] = [
  { name: 'healthy', defect: {}, healthy: true, weight: 3 },
  { name: 'near the limit: 5xx 0.8 %', defect: { serverErrors: 0.008 }, healthy: true, weight: 1 },
  faulty('5xx 30 %', { serverErrors: 0.3 }),
  faulty('5xx 20 %', { serverErrors: 0.2 }),
  faulty('5xx 5 %', { serverErrors: 0.05 }),
  faulty('5xx 2 %', { serverErrors: 0.02 }),
  faulty('P95 1.5 s', { p95Ms: 1500 }),
  faulty('P95 3 s', { p95Ms: 3000 }),
  faulty('payments 20 %', { failedPayments: 0.2 }),
  faulty('5xx 5 % from 60 s after the full shift', { serverErrors: 0.05, fromSecond: afterFullShift }),
];
