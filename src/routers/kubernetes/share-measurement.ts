import type { ShareProbeSettings } from '../../core/drivers.ts';
import { agreesInOrder, answersNeeded, type ShareQuestion } from '../../core/share.ts';
import type { Colour } from '../../core/target.ts';
import { systemClock } from '../../system/clock.ts';
import { askAfresh, type FreshAnswer } from '../../system/fresh-request.ts';
import type { Releases } from './pod-releases.ts';

/** How the requests of one measurement are spread: enough at once for an answer within a second, and no load. */
const atOnce = 10;
const requestTimeoutMs = 5000;
const defaultAnswers = 60;
const limitedPauseMs = 1000;

export interface Measurement {
  readonly probe: ShareProbeSettings;
  readonly releases: Releases;
  readonly question: ShareQuestion;
  /** By the monotonic clock. */
  readonly deadlineMs: number;
  /** Called before another attempt; throws where it would be in vain. */
  readonly recheck: () => Promise<void>;
  readonly signal?: AbortSignal | undefined;
}

export type Measured =
  | { readonly kind: 'agrees'; readonly green: number; readonly answers: number }
  /** Users get something else than was set. */
  | { readonly kind: 'disagrees'; readonly text: string }
  /** Nothing is known of what users get. */
  | { readonly kind: 'unknown'; readonly text: string };

/** Counts answers of the public address by side until they agree with the share that was set, or the time is over. */
export async function measureShare(measurement: Measurement): Promise<Measured> {
  const { probe, deadlineMs, recheck, signal } = measurement;
  const sized = sizeOf(measurement.question, probe.answers ?? defaultAnswers);
  if (!sized) return { kind: 'unknown', text: 'the share is too small to be measured' };
  const { question, answers } = sized;
  const began = systemClock.monotonic();
  for (;;) {
    const window = await takeWindow(answers, { ...measurement, question });
    const { green, order, others } = window;
    if (others.size === 0 && order.length >= answers && agreesInOrder(order, question))
      return { kind: 'agrees', green: (100 * green) / order.length, answers: order.length };
    const pauseMs = Math.min(500, 50 + (systemClock.monotonic() - began) / 10);
    if (signal?.aborted || systemClock.monotonic() + pauseMs > deadlineMs) return describe(window, measurement);
    await systemClock.sleep(pauseMs, signal);
    await recheck();
  }
}

/** Where the earlier share is too close to be distinguished, the wanted one is measured by itself. */
function sizeOf(question: ShareQuestion, least: number): { question: ShareQuestion; answers: number } | undefined {
  const answers = answersNeeded(question, least);
  if (answers !== undefined) return { question, answers };
  const alone = { wanted: question.wanted };
  const needed = answersNeeded(alone, least);
  return needed === undefined ? undefined : { question: alone, answers: needed };
}

/** A rate limit's answer belongs to no side: what was counted stays, and the rest is asked for later. */
async function takeWindow(answers: number, measurement: Measurement): Promise<Window> {
  const { deadlineMs, signal } = measurement;
  const window = emptyWindow();
  while (!(await fill(window, answers, measurement)) && window.others.size === 0 && window.limitedForMs > 0) {
    if (systemClock.monotonic() + window.limitedForMs > deadlineMs || signal?.aborted) break;
    await systemClock.sleep(window.limitedForMs, signal);
  }
  return window;
}

interface Window {
  blue: number;
  green: number;
  /** Of both, in the order of arrival; true: of green. */
  readonly order: boolean[];
  limited: number;
  limitedForMs: number;
  /** Answers of no side, by description. */
  readonly others: Map<string, number>;
  /** Whether all of those came without an answer of any server. */
  unreachable: boolean;
}

const emptyWindow = (): Window => ({
  blue: 0,
  green: 0,
  order: [],
  limited: 0,
  limitedForMs: 0,
  others: new Map(),
  unreachable: true,
});

/** Asks until there are enough answers, or one shows that they cannot agree. True where there are enough. */
async function fill(window: Window, answers: number, measurement: Measurement): Promise<boolean> {
  const { probe, question, signal } = measurement;
  window.limitedForMs = 0;
  let open = 0;
  const isOver = () =>
    signal?.aborted === true ||
    window.limitedForMs > 0 ||
    window.others.size > 0 ||
    (question.wanted === 0 && window.green > 0) ||
    (question.wanted === 1 && window.blue > 0);
  const worker = async () => {
    while (!isOver() && window.blue + window.green + open < answers) {
      open += 1;
      const answer = await askAfresh({
        url: probe.url,
        headers: { 'cache-control': 'no-cache' },
        timeoutMs: requestTimeoutMs,
        signal,
      });
      open -= 1;
      count(answer, window, measurement);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return window.blue + window.green >= answers;
}

function count(answer: FreshAnswer, window: Window, { probe, releases }: Measurement): void {
  const other = (text: string) => void window.others.set(text, (window.others.get(text) ?? 0) + 1);
  if (!answer.ok) return other(answer.error);
  window.unreachable = false;
  if (answer.status === 429) {
    window.limited += 1;
    const seconds = Number(answer.header('retry-after'));
    window.limitedForMs = Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : limitedPauseMs;
    return;
  }
  const reason = notOfAPod(answer, probe.header);
  if (reason !== undefined) return other(reason);
  const release = answer.header(probe.header) ?? '';
  const side = (['blue', 'green'] satisfies Colour[]).find((colour) => releases[colour].names.has(release));
  if (side) {
    window[side] += 1;
    window.order.push(side === 'green');
  } else other(`release ${release.slice(0, 80)}, which no ready pod of either side runs`);
}

/** Why an answer is of no pod; undefined where it may be. */
export function notOfAPod(answer: FreshAnswer & { ok: true }, header: string): string | undefined {
  const age = answer.header('age');
  if (age !== undefined && age !== '0') return `an answer of a cache (Age: ${age.slice(0, 20)})`;
  return answer.header(header) ? undefined : `status ${answer.status} without the header ${header}`;
}

function describe(window: Window, { question }: Measurement): Measured {
  const { blue, green, limited, others, unreachable } = window;
  const counted = blue + green;
  const strange = [...others].map(([text, times]) => `${times} times ${text}`).join(', ');
  if (counted === 0 && others.size > 0 && unreachable) return { kind: 'unknown', text: `no answer: ${strange}` };
  if (limited > 0 && others.size === 0)
    return {
      kind: 'unknown',
      text: `a rate limit answered 429 after ${counted} answers; exempt the address of router.probe`,
    };
  const share = `${green} of ${counted} answers came from green, and ${percent(question.wanted)} was set`;
  const oneSided = counted > 0 && (green === 0 || blue === 0) && question.wanted > 0 && question.wanted < 1;
  const hint = oneSided
    ? '; a cache or an affinity by client address in front of the gateway gives one side always'
    : '';
  return { kind: 'disagrees', text: [share + hint, strange].filter(Boolean).join('; ') };
}

const percent = (fraction: number): string => `${Number((100 * fraction).toFixed(1))} %`;
