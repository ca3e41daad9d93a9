import type { AlertThreshold, Measure } from './alerts.ts';

export interface Comparison {
  /** What is compared. */
  readonly measured: string;
  readonly threshold: AlertThreshold;
}

const number = String.raw`[0-9]+(?:\.[0-9]+)?(?:e[+-]?[0-9]+)?`;
const numberRight = new RegExp(String.raw`^(.*[^<>=!\s])\s*(<=|<|>=|>)\s*(${number})$`, 'is');
const numberLeft = new RegExp(String.raw`^(${number})\s*(<=|<|>=|>)\s*([^<>=!\s].*)$`, 'is');

/** The one comparison with a number that an expression of Prometheus is; undefined for every other expression. */
export function parseComparison(expression: string): Comparison | undefined {
  const text = withoutBrackets(expression.trim());
  const right = numberRight.exec(text);
  const left = right ? null : numberLeft.exec(text);
  const measured = (right ? right[1] : left?.[3])?.trim();
  const operator = right ? right[2] : left?.[2];
  const value = Number(right ? right[3] : left?.[1]);
  if (measured === undefined || operator === undefined || !isOneVector(measured)) return undefined;
  const above = operator.startsWith('>') === (right !== null);
  return { measured, threshold: { direction: above ? 'above' : 'below', value } };
}

/** Neither compared nor combined with something else outside of its brackets and strings. */
function isOneVector(expression: string): boolean {
  const outside = outsideOfBrackets(expression);
  return outside !== undefined && !/[<>]|[=!]=|\b(?:and|or|unless|bool)\b/i.test(outside);
}

/** The text without what is in brackets, braces and strings; undefined where they do not match. */
function outsideOfBrackets(expression: string): string | undefined {
  let depth = 0;
  let outside = '';
  for (const part of expression.match(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`|[\s\S]/g) ?? []) {
    if ('([{'.includes(part)) depth += 1;
    else if (')]}'.includes(part)) depth -= 1;
    else if (depth === 0) outside += part.length > 1 ? '' : part;
    if (depth < 0) return undefined;
  }
  return depth === 0 ? outside : undefined;
}

/** `(a > 1)` is `a > 1`; `(a) / (b)` stays. */
function withoutBrackets(expression: string): string {
  const inner = /^\(([\s\S]*)\)$/.exec(expression)?.[1];
  return inner !== undefined && outsideOfBrackets(inner) !== undefined ? withoutBrackets(inner.trim()) : expression;
}

/**
 * A rate that is multiplied by 100 is in percent; one that is compared with more than a half is that of successes. Undefined for
 * a number of events in a time, which is no share: it calls `rate` and divides by nothing.
 */
export function guessMeasure({ measured, threshold }: Comparison): Measure | undefined {
  const code = measured.replaceAll(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`/g, '');
  if (/\b(?:i?rate|increase|i?delta|deriv)\s*\(/i.test(code) && !/\/|\bhistogram_fraction\s*\(/i.test(code))
    return undefined;
  const percent = /\*\s*100(?![0-9.])|(?<![0-9.])100\s*\*/.test(outsideOfBrackets(measured) ?? '');
  const rate = percent ? threshold.value / 100 : threshold.value;
  return { measures: rate > 0.5 ? 'success' : 'failure', unit: percent ? 'percent' : 'fraction' };
}
