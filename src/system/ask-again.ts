import type { Clock } from './clock.ts';
import { ask, type HttpAnswer, type HttpRequest } from './http.ts';

const attempts = 3;
const firstPauseMs = 500;

/** Asks again after growing pauses where a refusal may pass: 429, 5xx, no answer. Never throws. For requests that change nothing. */
export async function askAgain(
  request: HttpRequest,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<HttpAnswer> {
  let answer: HttpAnswer = { ok: false, error: 'interrupted', durationMs: 0 };
  for (let attempt = 0; attempt < attempts && !signal.aborted; attempt += 1) {
    if (attempt > 0) await clock.sleep(firstPauseMs * 2 ** (attempt - 1), signal);
    answer = await ask({ ...request, signal });
    if (answer.ok && answer.status !== 429 && answer.status < 500) break;
  }
  return answer;
}
