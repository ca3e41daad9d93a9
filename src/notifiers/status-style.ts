import { styleText } from 'node:util';
import type { JudgementStatus, VerdictWord } from '../core/verdict.ts';

type Style = Parameters<typeof styleText>[0];

/** Colours a text, or returns it unchanged where colours are off. */
export type Paint = (style: Style, text: string) => string;

export const painter =
  (color: boolean): Paint =>
  (style, text) =>
    color ? styleText(style, text, { validateStream: false }) : text;

export const statusStyles: Record<JudgementStatus, { readonly symbol: string; readonly style: Style }> = {
  pass: { symbol: '✔', style: 'green' },
  fail: { symbol: '✘', style: 'red' },
  inconclusive: { symbol: '?', style: 'yellow' },
  error: { symbol: '!', style: 'yellow' },
  accepted: { symbol: '≈', style: 'yellow' },
};

export const verdictStyles: Record<VerdictWord, Style> = { GO: 'green', 'NO-GO': 'red', HOLD: 'yellow' };
