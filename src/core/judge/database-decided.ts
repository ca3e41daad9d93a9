import type { JudgementStatus } from '../verdict.ts';

/** What a rule decides; the rest of a judgement is the same for all evidence. */
export interface Decided {
  readonly status: JudgementStatus;
  readonly actual: string;
  readonly because: string;
}

export const namesOf = (migrations: readonly { readonly id: string }[]): string =>
  migrations.map(({ id }) => id).join(', ');
