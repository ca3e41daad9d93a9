import { firstFailingLine } from '../failing-line.ts';
import type { Format } from './format.ts';

/** A tool without a report: how much it did is unknown. */
export const exitCode: Format = {
  endings: [],
  read: ({ stdout, stderr, exitCode: code }) => {
    if (code === 0) return { failed: 0, skipped: 0 };
    const first = firstFailingLine(stdout, stderr);
    return { failed: 1, skipped: 0, ...(first === undefined ? {} : { firstFailure: first }) };
  },
};
