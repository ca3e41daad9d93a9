/** Why a part, or a piece of one, has no evidence: the target file gives a reason, or does not mention it; then it is required. */
export type Unmeasured = { readonly off: string } | { readonly missing: string };
