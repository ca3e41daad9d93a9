import type { ExpectedBody, Expectation } from './service.ts';

interface ProbeAnswer {
  readonly status: number;
  readonly text: string;
  /** Of a redirect. */
  readonly location?: string | undefined;
}

/** The expected answer as text: `200 {"status":"ok"}`. */
export function formatExpectation({ statuses, body }: Pick<Expectation, 'statuses' | 'body'>): string {
  const expected = formatBody(body);
  return `${statuses.join(' or ')}${expected === '' ? '' : ` ${expected}`}`;
}

function formatBody(body: ExpectedBody): string {
  switch (body.kind) {
    case 'any':
      return '';
    case 'json':
      return JSON.stringify(body.subset);
    case 'pattern':
      return `/${body.source}/${body.flags}`;
  }
}

/** What differs from the expected answer, with both sides; undefined where nothing does. */
export function describeDifference(
  expectation: Pick<Expectation, 'statuses' | 'body'>,
  answer: ProbeAnswer,
  envelope: string | undefined,
): string | undefined {
  const { statuses, body } = expectation;
  if (statuses.includes(answer.status) && bodyMatches(body, answer.text, envelope)) return undefined;
  return `it answered ${formatSeen(body, answer)}, expected ${formatExpectation(expectation)}`;
}

function formatSeen(body: ExpectedBody, { status, text, location }: ProbeAnswer): string {
  if (location !== undefined && status >= 300 && status < 400) return `${status} with a redirect to ${location}`;
  const shown = text.trim().replaceAll(/\s+/g, ' ');
  if (shown === '') return body.kind === 'any' ? String(status) : `${status} without a body`;
  return `${status} ${shown.length > mostShown ? `${shown.slice(0, mostShown)}…` : shown}`;
}

/** Characters of a body in a message. */
const mostShown = 120;

/** Whether the body is what was expected. A JSON subset may stand in the envelope or outside of it. */
function bodyMatches(body: ExpectedBody, text: string, envelope: string | undefined): boolean {
  switch (body.kind) {
    case 'any':
      return true;
    case 'pattern':
      return new RegExp(body.source, body.flags.replaceAll(/[gy]/g, '')).test(text);
    case 'json': {
      const value = parse(text);
      if (contains(value, body.subset)) return true;
      return envelope !== undefined && isRecord(value) && contains(value[envelope], body.subset);
    }
  }
}

/** Whether `value` has at least what `subset` has; lists are compared item by item. */
function contains(value: unknown, subset: unknown): boolean {
  if (Array.isArray(subset))
    return (
      Array.isArray(value) &&
      value.length === subset.length &&
      subset.every((item, index) => contains(value[index], item))
    );
  if (isRecord(subset))
    return isRecord(value) && Object.entries(subset).every(([key, each]) => contains(value[key], each));
  return Object.is(value, subset);
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
