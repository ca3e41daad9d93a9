import type { TestInfo } from '@playwright/test';

/** What one answer of the deployment told. */
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

/** Annotations travel to whoever reads the report; the time tells which step an answer belongs to. */
export const noteAnswer = (testInfo: TestInfo, answer: Answer): void =>
  void testInfo.annotations.push({ type: 'answer', description: JSON.stringify({ at: Date.now(), ...answer }) });

/** What is wrong with an answer whatever it was an answer to; empty where all is well. */
export function complaintsAbout({ method, url, requestId, release }: Answer, expectedRelease?: string): string[] {
  const what = `${method} ${new URL(url).pathname}`;
  const wrongRelease = expectedRelease !== undefined && release !== expectedRelease;
  return [
    ...(requestId ? [] : [`${what}: no X-Request-Id`]),
    ...(wrongRelease ? [`${what}: ${release ?? 'no named release'} answered instead of ${expectedRelease}`] : []),
  ];
}
