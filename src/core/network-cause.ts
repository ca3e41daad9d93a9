/** Codes of a request that never reached its server. */
const unsent = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** Codes of the operating system, and what they mean. */
export const networkReasons: readonly (readonly [RegExp, string])[] = [
  [/.*\bECONNREFUSED ?(\S*).*/s, 'connection refused by $1'],
  [/.*\bENOTFOUND ?(\S*).*/s, 'no address is known for the host $1'],
  [/.*\bECONNRESET\b.*/s, 'the connection was reset before an answer'],
  [/.*\bE(?:SOCKET)?TIMEDOUT\b.*/s, 'no answer in time'],
];

/** The message of a failed request without the codes of the operating system. */
export const networkWords = (message: string): string =>
  networkReasons.reduce((words, [shape, replacement]) => words.replace(shape, replacement), message).trimEnd();

/** The innermost cause of a failed request: `fetch failed` hides the reason below it. */
export function networkCause(error: unknown): { readonly because: string; readonly unsent: boolean } {
  let cause: unknown = error;
  while (cause instanceof Error && cause.cause instanceof Error) cause = cause.cause;
  if (!(cause instanceof Error)) return { because: String(cause), unsent: false };
  const code = 'code' in cause ? String(cause.code) : '';
  if (cause.name === 'TimeoutError') return { because: 'no answer within its time limit', unsent: false };
  return { because: cause.message || code || cause.name, unsent: unsent.has(code) };
}
