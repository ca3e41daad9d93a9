import type { ProbeEvidence, ProbeSample } from '../core/evidence.ts';
import { formatExpectation } from '../core/expectation.ts';
import { isOfFront } from '../core/probe-front.ts';
import { readinessProbe } from '../core/service.ts';
import { formatMs } from '../core/slo.ts';
import { releaseHeaderOf, type Target } from '../core/target.ts';
import { ask, type HttpAnswer } from '../system/http.ts';
import { askState, type ProbeContext, requestTimeoutMs, sampleOf } from './ask-state.ts';

export type { ProbeContext } from './ask-state.ts';

const healthProbes = 3;
const healthPauseMs = 200;
/** A rate limit that does not say when it ends is asked again after this. */
const frontPauseMs = 2000;

/** Clause 2.B3a: three answers of the release to the health probe. What a front answers is asked again within the budget. */
export async function probeHealth(target: Target, context: ProbeContext): Promise<ProbeEvidence> {
  const { health } = target.service;
  const { clock, signal } = context;
  const deadline = clock.monotonic() + target.readiness.budgetMs;
  const samples: ProbeSample[] = [];
  for (let answered = 0; answered < healthProbes && !signal.aborted;) {
    const sample = markFront(await askState(target, health, context), samples, target);
    samples.push(sample);
    if (sample.status === null) break; // no answer: more probes would only cost time
    if (sample.front) {
      if (!(await waitForFront(sample, deadline, 'health', context))) break;
      continue;
    }
    answered += 1;
    if (answered < healthProbes) await clock.sleep(healthPauseMs, signal);
  }
  return {
    ...withoutWindow(target.environment.api + health.path, samples, context),
    expected: formatExpectation(health),
  };
}

/**
 * Clause 2.B3b: probes readiness until it was ready for the whole window, the budget is spent, or it has flapped. Time in which
 * a front answered is unobserved: it neither counts nor interrupts. Without a readiness route, health has to be stable.
 */
export async function probeReadiness(target: Target, context: ProbeContext): Promise<ProbeEvidence> {
  const { stableForMs, intervalMs, budgetMs } = target.readiness;
  const probe = readinessProbe(target.service);
  const { clock, signal } = context;
  const samples: ProbeSample[] = [];
  // Monotonic: a wall clock that is set forward must not shorten the window.
  const deadline = clock.monotonic() + budgetMs;
  let interruptions = 0;
  let stableMs = 0;
  /** When the last observed answer was ready. */
  let readySince: number | undefined;
  /** Of failed probes by status: a request id in an answer makes no other reason of it. */
  const descriptions = new Map<number | null, string | undefined>();
  while (
    !signal.aborted &&
    stableMs < stableForMs &&
    interruptions < maxInterruptions &&
    clock.monotonic() < deadline
  ) {
    const sentMs = clock.monotonic();
    const sample = markFront(await askState(target, probe, context), samples, target);
    const wasFront = samples.at(-1)?.front === true;
    samples.push(sample);
    if (sample.front) {
      if (!(await waitForFront(sample, deadline, 'readiness', context))) break;
      continue;
    }
    if (!sample.ok && readySince !== undefined) interruptions += 1;
    const answeredMs = clock.monotonic();
    if (!sample.ok) stableMs = 0;
    else if (readySince !== undefined && !wasFront) stableMs += answeredMs - readySince;
    readySince = sample.ok ? answeredMs : undefined;
    const why = descriptions.get(sample.status) ?? sample.why;
    if (!sample.ok) descriptions.set(sample.status, why);
    emitWindow({ ...sample, ...(why === undefined ? {} : { why }) }, stableMs, stableForMs, context);
    if (stableMs < stableForMs) await clock.sleep(Math.max(0, sentMs + intervalMs - clock.monotonic()), signal);
  }
  return {
    kind: 'probe',
    url: target.environment.api + probe.path,
    expected: formatExpectation(probe),
    ...(target.service.readiness === 'none' ? { insteadOfReadiness: true } : {}),
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

function emitWindow({ ok, why }: ProbeSample, stableMs: number, of: number, { emit }: ProbeContext): void {
  const text = ok ? `stable for ${formatMs(stableMs)} of ${formatMs(of)}` : (why ?? 'not ready');
  emit({ type: 'step-progress', step: 'readiness', text, done: Math.min(stableMs, of), of });
}

/** A service that named its release before, or whose release is expected by name, does so in every answer. */
function markFront(sample: ProbeSample, earlier: readonly ProbeSample[], target: Target): ProbeSample {
  const named = target.environment.release !== undefined || earlier.some(({ release }) => release !== undefined);
  const identifies = named && releaseHeaderOf(target) !== undefined;
  return isOfFront(sample, identifies) ? { ...sample, front: true } : sample;
}

/** Waits as Retry-After says; false where the budget ends before. */
async function waitForFront(
  { status, retryAfterMs = frontPauseMs }: ProbeSample,
  deadline: number,
  step: string,
  { clock, signal, emit, waited }: ProbeContext,
): Promise<boolean> {
  const leftMs = deadline - clock.monotonic();
  if (retryAfterMs > leftMs) return false;
  const who = status === 429 ? 'a rate limit answered 429' : 'the front answered 503';
  emit({ type: 'step-progress', step, text: `${who}: waiting ${formatMs(retryAfterMs)}` });
  const waitMs = Math.max(retryAfterMs, healthPauseMs);
  await clock.sleep(waitMs, signal);
  waited?.(waitMs);
  return true;
}

/**
 * An unknown refresh token has to be searched in the database, so a 401 shows that it answers. Not rate limited. undefined
 * where the service has no such route.
 */
export async function probeDependencies(target: Target, context: ProbeContext): Promise<ProbeEvidence | undefined> {
  const { login } = target.service;
  if (login.with === 'none' || login.refresh === undefined) return undefined;
  const url = target.environment.api + login.refresh;
  await context.pacer?.turn(context.signal);
  const answer = await ask({
    url,
    method: 'POST',
    json: { refreshToken: 'an-unknown-refresh-token' },
    timeoutMs: requestTimeoutMs,
    signal: context.signal,
  });
  const sample = markFront(sampleOf(target, answer, context.clock.now(), dependencyFailure(answer)), [], target);
  const evidence = withoutWindow(url, [sample], context);
  if (!answer.ok || sample.front || answer.status === 401 || answer.status >= 500) return evidence;
  // The route did not search for the token, so nothing is known of the database.
  const problem = `an unknown refresh token was answered ${answer.status} instead of 401${answer.status === 404 ? noRefresh : ''}`;
  return { ...evidence, problems: [...evidence.problems, problem] };
}

const noRefresh = '; is the prefix right (--auth-path), or is there no such route (login.refresh: none)?';

function dependencyFailure(answer: HttpAnswer): string | undefined {
  const ready = 'readiness was ready while a route that needs the database';
  if (!answer.ok) return `${ready} gave no answer: ${answer.error}`;
  if (answer.status === 429) return 'a rate limit answered 429';
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
  for (const probe of probes) samples.push(markFront(await askState(target, probe, context), samples, target));
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
