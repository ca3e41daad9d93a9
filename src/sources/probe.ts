import type { ProbeEvidence, ProbeSample } from '../core/evidence.ts';
import type { Emit } from '../core/events.ts';
import { formatMs } from '../core/slo.ts';
import { describeDifference } from '../core/expectation.ts';
import { type Expectation, readinessProbe } from '../core/service.ts';
import type { Target } from '../core/target.ts';
import type { Clock } from '../system/clock.ts';
import { ask, type HttpAnswer } from '../system/http.ts';

export interface ProbeContext {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly emit: Emit;
}

/** Time limit of one request: a load balancer's health check would have failed by then. */
const requestTimeoutMs = 5000;
const healthProbes = 3;
const healthPauseMs = 200;

/** Clause 2.B3a: probes /healthz three times. */
export async function probeHealth(target: Target, context: ProbeContext): Promise<ProbeEvidence> {
  const { health } = target.service;
  const url = target.environment.api + health.path;
  const samples: ProbeSample[] = [];
  while (samples.length < healthProbes && !context.signal.aborted) {
    if (samples.length > 0) await context.clock.sleep(healthPauseMs, context.signal);
    samples.push(await askState(target, health, context));
    if (samples.at(-1)?.status === null) break; // no answer: more probes would only cost time
  }
  return withoutWindow(url, samples, context);
}

/** Clause 2.B3b: probes /readyz until it was ready for the whole window, the budget is spent, or it has flapped. */
export async function probeReadiness(target: Target, context: ProbeContext): Promise<ProbeEvidence> {
  const { stableForMs, intervalMs, budgetMs } = target.readiness;
  const ready = readinessProbe(target.service);
  const url = target.environment.api + ready.path;
  const { clock, signal, emit } = context;
  const samples: ProbeSample[] = [];
  // Monotonic: a wall clock that is set forward must not shorten the window.
  const startedMs = clock.monotonic();
  let stableSince: number | undefined;
  let interruptions = 0;
  let stableMs = 0;
  while (
    !signal.aborted &&
    stableMs < stableForMs &&
    interruptions < maxInterruptions &&
    clock.monotonic() - startedMs < budgetMs
  ) {
    const sentMs = clock.monotonic();
    const sample = await askState(target, ready, context);
    samples.push(sample);
    if (!sample.ok && stableSince !== undefined) interruptions += 1;
    stableSince = sample.ok ? (stableSince ?? sentMs) : undefined;
    stableMs = stableSince === undefined ? 0 : clock.monotonic() - stableSince;
    const text = sample.ok
      ? `stable for ${formatMs(stableMs)} of ${formatMs(stableForMs)}`
      : (sample.why ?? 'not ready');
    emit({ type: 'step-progress', step: 'readiness', text, done: Math.min(stableMs, stableForMs), of: stableForMs });
    if (stableMs < stableForMs) await clock.sleep(Math.max(0, sentMs + intervalMs - clock.monotonic()), signal);
  }
  return {
    kind: 'probe',
    url,
    samples,
    stableMs,
    wantedStableMs: stableForMs,
    interruptions,
    files: [],
    problems: signal.aborted ? ['interrupted before the end of the window'] : [],
  };
}

/** So many changes from ready to not ready are no start-up. */
const maxInterruptions = 3;

/** An unknown refresh token has to be searched in the database, so a 401 shows that it answers. Not rate limited. */
export async function probeDependencies(target: Target, context: ProbeContext): Promise<ProbeEvidence> {
  const url = `${target.environment.api}${target.paths.auth}/refresh`;
  const answer = await ask({
    url,
    method: 'POST',
    json: { refreshToken: 'an-unknown-refresh-token' },
    timeoutMs: requestTimeoutMs,
    signal: context.signal,
  });
  const evidence = withoutWindow(url, [sampleOf(answer, context.clock.now(), dependencyFailure(answer))], context);
  if (!answer.ok || answer.status === 401 || answer.status >= 500) return evidence;
  // The route did not search for the token, so nothing is known of the database.
  const problem = `an unknown refresh token was answered ${answer.status} instead of 401`;
  return { ...evidence, problems: [...evidence.problems, problem] };
}

function dependencyFailure(answer: HttpAnswer): string | undefined {
  const ready = 'readiness was ready while a route that needs the database';
  if (!answer.ok) return `${ready} gave no answer: ${answer.error}`;
  return answer.status >= 500 ? `${ready} answered ${answer.status}` : undefined;
}

/** One readiness probe. */
export async function isReady(target: Target, context: ProbeContext): Promise<boolean> {
  return (await askState(target, readinessProbe(target.service), context)).ok;
}

/** After the load: one probe of health and one of readiness. */
export async function probeAftermath(target: Target, context: ProbeContext): Promise<ProbeEvidence> {
  const { health, readiness } = target.service;
  const probes = readiness === 'none' ? [health] : [health, readiness];
  const samples: ProbeSample[] = [];
  for (const probe of probes) samples.push(await askState(target, probe, context));
  return withoutWindow(target.environment.api, samples, context);
}

/** Probes without a window. A probe that was aborted by the run is no evidence about the target. */
const withoutWindow = (url: string, samples: readonly ProbeSample[], { signal }: ProbeContext): ProbeEvidence => ({
  kind: 'probe',
  url,
  samples,
  stableMs: 0,
  wantedStableMs: 0,
  interruptions: 0,
  files: [],
  problems: signal.aborted ? ['interrupted before the answer'] : [],
});

async function askState(target: Target, probe: Expectation, { clock, signal }: ProbeContext): Promise<ProbeSample> {
  const sentAt = clock.now();
  const url = target.environment.api + probe.path;
  const answer = await ask({ url, method: probe.method, timeoutMs: requestTimeoutMs, signal });
  if (!answer.ok) return sampleOf(answer, sentAt, answer.error);
  const seen = { status: answer.status, text: answer.text, location: answer.header('location') };
  return sampleOf(answer, sentAt, describeDifference(probe, seen, target.service.answers.envelope));
}

function sampleOf(answer: HttpAnswer, sentAt: number, why: string | undefined): ProbeSample {
  const at = new Date(sentAt).toISOString();
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
