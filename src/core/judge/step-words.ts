import type { JourneyStep } from '../evidence.ts';
import { parseTag } from '../finding-tag.ts';
import { networkReasons } from '../network-cause.ts';
import { formatCount } from '../slo.ts';

/** What failed in a step: the request, its id, what was expected and what came, on one line of at most 400 characters. */
export function describeFailure(step: JourneyStep): string {
  const { name, method, url, requestIds, httpStatus, tries, hint } = step;
  const request = method === undefined ? '' : `${method} ${pathOf(url ?? '')}`;
  const facts = [
    request,
    httpStatus === undefined ? '' : `answered ${httpStatus}`,
    requestIds.length > 0 ? `request ${requestIds.at(-1)}` : '',
    tries === undefined ? '' : `asked ${formatCount(tries)} times`,
  ].filter((fact) => fact !== '');
  return `"${parseTag(name).text}"${facts.length > 0 ? ` (${facts.join(', ')})` : ''}: ${firstLine(reasonOf(step))}${hint === undefined ? '' : `. ${hint}`}`;
}

/** Without an answer every assertion fails, and the reason is why there was none. */
function reasonOf({ name, assertions, error, httpStatus, url }: JourneyStep): string {
  const broken = assertions.find(({ ok }) => !ok);
  if (error !== undefined && (broken === undefined || (httpStatus === undefined && url !== undefined)))
    return inWords(error);
  if (!broken) return httpStatus === undefined ? 'failed' : `status ${httpStatus}`;
  // A message may begin with the name of its assertion, and that may be the name of the step.
  const what = parseTag(broken.name).text;
  const message = broken.message === undefined ? '' : inWords(broken.message).replace(`${what}: `, '');
  return [what === parseTag(name).text ? '' : what, message].filter((part) => part !== '').join(': ') || what;
}

const reasons: readonly (readonly [RegExp, string])[] = [
  ...networkReasons,
  [/PostmanResponse\{[^}]*\}/g, 'the answer'],
];

/** Codes of the operating system and abbreviated objects in words. */
export const inWords = (text: string): string =>
  reasons.reduce((words, [shape, replacement]) => words.replace(shape, replacement), text);

const firstLine = (text: string): string => {
  const line = text.split('\n').find((candidate) => candidate.trim() !== '') ?? '';
  return line.length > 300 ? `${line.slice(0, 300)}…` : line;
};

const pathOf = (url: string): string => (URL.canParse(url) ? new URL(url).pathname : url);
