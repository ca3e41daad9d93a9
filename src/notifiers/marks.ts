import type { styleText } from 'node:util';
import type { JudgementStatus } from '../core/verdict.ts';

export type Style = Parameters<typeof styleText>[0];

export const marks: Record<JudgementStatus, { readonly sign: string; readonly style: Style }> = {
  pass: { sign: '✔', style: 'green' },
  fail: { sign: '✘', style: 'red' },
  inconclusive: { sign: '?', style: 'yellow' },
  error: { sign: '!', style: 'yellow' },
};
