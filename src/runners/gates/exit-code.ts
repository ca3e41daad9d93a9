import type { Format } from './format.ts';

/** A tool without a report: how much it did is unknown. */
export const exitCode: Format = {
  endings: [],
  read: ({ stdout, stderr, exitCode: code }) => {
    if (code === 0) return { failed: 0, skipped: 0 };
    const lines = `${stderr}\n${stdout}`.split('\n').map((line) => line.trim());
    const first =
      lines.find((line) => /\b(?:error|fail(?:ed|ure)?)\b/i.test(line)) ?? lines.find((line) => line !== '');
    return { failed: 1, skipped: 0, ...(first === undefined ? {} : { firstFailure: first }) };
  },
};
