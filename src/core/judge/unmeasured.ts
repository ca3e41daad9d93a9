import type { Unmeasured } from '../unmeasured.ts';
import type { NotChecked } from '../verdict.ts';

/** A check that the target file turns off is not applicable; one that it does not mention is required. */
export const withoutEvidence = (check: Pick<NotChecked, 'id' | 'title' | 'clauses'>, why: Unmeasured): NotChecked =>
  'off' in why
    ? { ...check, reason: 'not-applicable', because: `target file: ${why.off}`, required: false }
    : { ...check, reason: 'skipped', because: why.missing, required: true };
