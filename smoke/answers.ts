import { expect, test, type TestInfo } from '@playwright/test';
import type { Settings } from './settings.ts';

/** The facts of one answer that are reported. */
export interface Answer {
  readonly method: string;
  readonly url: string;
  readonly status: number;
  readonly requestId?: string | undefined;
  readonly release?: string | undefined;
}

type Headers = Readonly<Record<string, string | string[] | undefined>>;
type Described = Pick<Settings, 'service' | 'expectedRelease'>;

export function answerFrom(
  { method, url, status }: Pick<Answer, 'method' | 'url' | 'status'>,
  headers: Headers,
  { service: { answers, releaseHeader } }: Described,
): Answer {
  const header = (name: string | undefined) =>
    name === undefined ? undefined : [headers[name.toLowerCase()]].flat()[0];
  return { method, url, status, requestId: header(answers.requestIdHeader), release: header(releaseHeader) };
}

/** Annotations get into the report; the time assigns an answer to its step. */
export const recordAnswer = (testInfo: TestInfo, answer: Answer): void =>
  void testInfo.annotations.push({ type: 'answer', description: JSON.stringify({ at: Date.now(), ...answer }) });

/** What is wrong with answers to any request: findings of their own, which stop nothing. */
export interface Differences {
  /** Answers without a request id. */
  readonly nameless: string[];
  /** Answers of another release than the expected one. */
  readonly otherRelease: string[];
}

export function addDifferences(found: Differences, answer: Answer, { service, expectedRelease }: Described): void {
  const { requestIdHeader } = service.answers;
  const what = `${answer.method} ${new URL(answer.url).pathname} (status ${answer.status})`;
  // The contract names answers; a switch to WebSocket is none.
  if (requestIdHeader !== undefined && !answer.requestId && answer.status !== 101)
    found.nameless.push(`${what} has no ${requestIdHeader}`);
  if (expectedRelease !== undefined && service.releaseHeader !== undefined && answer.release !== expectedRelease)
    found.otherRelease.push(`${what} is of ${answer.release ?? 'an unnamed release'} instead of ${expectedRelease}`);
}

/** Fails where an answer differed, with each difference once. */
export async function reportDifferences({ nameless, otherRelease }: Differences): Promise<void> {
  const errors: unknown[] = [];
  const report = async (step: string, found: readonly string[], what: string) => {
    if (found.length === 0) return;
    await test
      .step(step, () => expect([...new Set(found)].join('; '), what).toBe(''))
      .catch((error: unknown) => errors.push(error));
  };
  await report('every answer has a request id', nameless, 'answers without a request id @form(request-id)');
  await report(
    'every answer is of the expected release',
    otherRelease,
    'answers of another release @contract(release)',
  );
  if (errors.length > 0) throw errors[0];
}
