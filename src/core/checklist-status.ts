import type { ChecklistStatus } from './checklist.ts';

/** Each status has its own mark and word, so that none depends on colour alone. */
export const checklistMarks: Readonly<Record<ChecklistStatus, string>> = {
  pass: '✅',
  fail: '❌',
  inconclusive: '❔',
  error: '⚠️',
  accepted: '☑️',
  'not-applicable': '➖',
  'not-judged': '⬜',
};

export const statusWords: Readonly<Record<ChecklistStatus, string>> = {
  pass: 'pass',
  fail: 'fail',
  inconclusive: 'inconclusive',
  error: 'could not be measured',
  accepted: 'accepted',
  'not-applicable': 'not applicable',
  'not-judged': 'not judged',
};
