import type { Judgement, NotChecked } from '../verdict.ts';

export interface Judged {
  readonly judgements: readonly Judgement[];
  readonly notChecked: readonly NotChecked[];
}
