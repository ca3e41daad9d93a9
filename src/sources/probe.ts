import type { ProbeEvidence, ProbeSample } from '../core/evidence.ts';
import type { Emit } from '../core/events.ts';
import { formatMs } from '../core/slo.ts';
import type { Target } from '../core/target.ts';
import type { Clock } from '../system/clock.ts';
import { ask, type HttpAnswer } from '../system/http.ts';

export interface ProbeContext {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly emit: Emit;
}

/** No single question of a probe may take longer: a load balancer would have given up on the instance. */
const requestTimeoutMs = 5000;
const healthQuestions = 3;
const healthPauseMs = 200;

/** Clause 2.B3a: asks /healthz a few times. */
export async function probeHealth(target: Target, context: ProbeContext): Promise<ProbeEvidence> {
  const url = target.environment.api + target.paths.health;
  const samples: ProbeSample[] = [];
  while (samples.length < healthQuestions && !context.signal.aborted) {
    if (samples.length > 0) await context.clock.sleep(healthPauseMs, context.signal);
    samples.push(await askState(url, 'ok', context));
    if (samples.at(-1)?.status === null) break; // nobody there: asking on would only cost time
  }
  return everySample(url, samples, context);
}

/** Clause 2.B3b: asks /readyz until it was ready without a break for the window, the time is spent, or it has flapped for sure. */
export async function probeReadiness(target: Target, context: ProbeContext): Promise<ProbeEvidence> {
  const { stableForMs, intervalMs, budgetMs } = target.readiness;
  const url = target.environment.api + target.paths.ready;
  const { clock, signal, emit } = context;
  const samples: ProbeSample[] = [];
  // A date that is set forward must not make a window of 60 s out of one second.
  const began = clock.monotonic();
  let stableSince: number | undefined;
  let interruptions = 0;
  let stableMs = 0;
  while (
    !signal.aborted &&
    stableMs < stableForMs &&
    interruptions < certainFlaps &&
    clock.monotonic() - began < budgetMs
  ) {
    const asked = clock.monotonic();
    const sample = await askState(url, 'ready', context);
    samples.push(sample);
    if (!sample.ok && stableSince !== undefined) interruptions += 1;
    stableSince = sample.ok ? (stableSince ?? asked) : undefined;
    stableMs = stableSince === undefined ? 0 : clock.monotonic() - stableSince;
    const text = sample.ok
      ? `stable for ${formatMs(stableMs)} of ${formatMs(stableForMs)}`
      : (sample.why ?? 'not ready');
    emit({ type: 'step-progress', step: 'readiness', text, done: Math.min(stableMs, stableForMs), of: stableForMs });
    if (stableMs < stableForMs) await clock.sleep(Math.max(0, asked + intervalMs - clock.monotonic()), signal);
  }
  return {
    kind: 'probe',
    url,
    samples,
    stableMs,
    wantedStableMs: stableForMs,
    interruptions,
    files: [],
    problems: signal.aborted ? ['interrupted before the window was over'] : [],
  };
}

/** So many times ready and lost again is no start-up any more. */
const certainFlaps = 3;

/** A token that nobody issued must be looked up, so the answer tells whether the database is really there. Not rate limited. */
export async function probeDependencies(target: Target, context: ProbeContext): Promise<ProbeEvidence> {
  const url = `${target.environment.api}${target.paths.auth}/refresh`;
  const answer = await ask({
    url,
    method: 'POST',
    json: { refreshToken: 'a-token-that-nobody-issued' },
    timeoutMs: requestTimeoutMs,
    signal: context.signal,
  });
  const seen = everySample(url, [sampleOf(answer, context.clock.now(), untruth(answer))], context);
  if (!answer.ok || answer.status === 401 || answer.status >= 500) return seen;
  // Whatever this was, nobody looked a token up.
  return { ...seen, problems: [...seen.problems, `a token that nobody issued was answered ${answer.status}, not 401`] };
}

function untruth(answer: HttpAnswer): string | undefined {
  const said = 'readiness said ready while a route that needs the database';
  if (!answer.ok) return `${said} gave no answer: ${answer.error}`;
  return answer.status >= 500 ? `${said} answered ${answer.status}` : undefined;
}

/** Whether it says at this moment that it is ready. */
export async function isReady(target: Target, context: ProbeContext): Promise<boolean> {
  return (await askState(target.environment.api + target.paths.ready, 'ready', context)).ok;
}

/** Once the load is over: still alive, still ready. */
export async function probeAftermath(target: Target, context: ProbeContext): Promise<ProbeEvidence> {
  const { api } = target.environment;
  const health = await askState(api + target.paths.health, 'ok', context);
  const ready = await askState(api + target.paths.ready, 'ready', context);
  return everySample(api, [health, ready], context);
}

/** A question that we ourselves broke off says nothing about the target. */
const everySample = (url: string, samples: readonly ProbeSample[], { signal }: ProbeContext): ProbeEvidence => ({
  kind: 'probe',
  url,
  samples,
  stableMs: 0,
  wantedStableMs: 0,
  interruptions: 0,
  files: [],
  problems: signal.aborted ? ['interrupted before it was answered'] : [],
});

async function askState(url: string, wanted: string, { clock, signal }: ProbeContext): Promise<ProbeSample> {
  const asked = clock.now();
  const answer = await ask({ url, timeoutMs: requestTimeoutMs, signal });
  return sampleOf(answer, asked, answer.ok ? strangeness(answer.status, answer.text, wanted) : answer.error);
}

/** What is not as the contract says; undefined where all is. The state may stand in the envelope or by itself. */
function strangeness(status: number, text: string, wanted: string): string | undefined {
  if (status !== 200) return `it answered ${status}`;
  const state = stateIn(text);
  if (state === wanted) return undefined;
  return state === undefined
    ? 'it answered 200 without a status'
    : `it answered 200 with the status "${state.slice(0, 40)}"`;
}

function stateIn(text: string): string | undefined {
  try {
    const body = JSON.parse(text) as { status?: unknown; data?: { status?: unknown } } | null;
    const state = body?.data?.status ?? body?.status;
    return typeof state === 'string' ? state : undefined;
  } catch {
    return undefined;
  }
}

function sampleOf(answer: HttpAnswer, asked: number, why: string | undefined): ProbeSample {
  const at = new Date(asked).toISOString();
  const verdict = { ok: why === undefined, ...(why === undefined ? {} : { why }) };
  if (!answer.ok) return { at, status: null, error: answer.error, durationMs: answer.durationMs, ...verdict };
  const requestId = answer.header('x-request-id');
  const release = answer.header('x-app-release');
  return {
    at,
    status: answer.status,
    durationMs: answer.durationMs,
    ...(requestId === undefined ? {} : { requestId }),
    ...(release === undefined ? {} : { release }),
    ...verdict,
  };
}
