import type { TestInfo } from '@playwright/test';

/** The facts of one answer that are reported. */
export interface Answer {
  readonly method: string;
  readonly url: string;
  readonly status: number;
  readonly requestId?: string | undefined;
  readonly release?: string | undefined;
}

type Headers = Readonly<Record<string, string | string[] | undefined>>;

export function answerFrom(method: string, url: string, status: number, headers: Headers): Answer {
  const header = (name: string) => [headers[name]].flat()[0];
  return { method, url, status, requestId: header('x-request-id'), release: header('x-app-release') };
}

/** Annotations get into the report; the time assigns an answer to its step. */
export const recordAnswer = (testInfo: TestInfo, answer: Answer): void =>
  void testInfo.annotations.push({ type: 'answer', description: JSON.stringify({ at: Date.now(), ...answer }) });

/** What is wrong with an answer to any request; empty where nothing is. */
export function problemsOf({ method, url, requestId, release }: Answer, expectedRelease?: string): string[] {
  const what = `${method} ${new URL(url).pathname}`;
  const wrongRelease = expectedRelease !== undefined && release !== expectedRelease;
  return [
    ...(requestId ? [] : [`${what}: no X-Request-Id`]),
    ...(wrongRelease ? [`${what}: answered by ${release ?? 'an unnamed release'} instead of ${expectedRelease}`] : []),
  ];
}
