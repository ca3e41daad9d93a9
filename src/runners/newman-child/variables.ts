import type { PostmanRequest } from './newman-events.ts';

/** Names of the variables that a request was sent with unfilled: Postman sends `{{name}}` as it stands. */
export function unfilledIn({ url, headers, body }: PostmanRequest): string[] {
  const sent = [
    url.toString().replaceAll('%7B', '{').replaceAll('%7D', '}'),
    ...(headers?.all() ?? []).filter(({ disabled }) => !disabled).map(({ value }) => value ?? ''),
    body?.toString() ?? '',
  ];
  const names = sent.flatMap((text) => [...text.matchAll(/\{\{([^{}\s"]+)\}\}/g)].map(([, name = '']) => name));
  return [...new Set(names)];
}
