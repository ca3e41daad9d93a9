/** What Shiproom's own journeys say of a step that they skip; a journey of the target's own is not believed here. */
export type NotExecuted =
  /** An earlier step failed, or what the step stands on could not be made. */
  | { readonly status: 'not-run'; readonly reason: string }
  /** The target does not have what the step needs. */
  | { readonly status: 'not-applicable'; readonly reason: string }
  /** Another step asks the same: it is no step of this journey. */
  | { readonly status: 'not-needed' };

/** Reads `not run: REASON`, `not applicable: REASON` and `not needed: REASON`; undefined for any other text. */
export function notExecuted(text = ''): NotExecuted | undefined {
  const [, kind, reason = ''] = /^not (run|applicable|needed): (.+)$/s.exec(text) ?? [];
  switch (kind) {
    case 'run':
      return { status: 'not-run', reason };
    case 'applicable':
      return { status: 'not-applicable', reason };
    case 'needed':
      return { status: 'not-needed' };
    default:
      return undefined;
  }
}
