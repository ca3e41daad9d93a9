/** Codes of a request that never reached its server. */
const unsent = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** The innermost cause of a failed request: `fetch failed` hides the reason below it. */
export function networkCause(error: unknown): { readonly because: string; readonly unsent: boolean } {
  let cause: unknown = error;
  while (cause instanceof Error && cause.cause instanceof Error) cause = cause.cause;
  if (!(cause instanceof Error)) return { because: String(cause), unsent: false };
  const code = 'code' in cause ? String(cause.code) : '';
  if (cause.name === 'TimeoutError') return { because: 'no answer within its time limit', unsent: false };
  return { because: cause.message || code || cause.name, unsent: unsent.has(code) };
}
