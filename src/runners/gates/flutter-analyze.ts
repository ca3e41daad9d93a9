import type { Format } from './format.ts';

/** `warning • Unused import • lib/main.dart:7:7 • unused_import`, indented. */
const issueLine = /^\s*(error|warning|info)\s+•\s+(.+?)\s+•\s+(\S+:\d+:\d+)\s+•\s+(\S+)\s*$/;

/**
 * Its last line is `No issues found! (ran in 1.3s)` or `3 issues found. (ran in 1.3s)`. It does not count files, and has no issue
 * with a folder that holds none.
 */
export const flutterAnalyze: Format = {
  endings: ['.dart'],
  read: ({ stdout, stderr, files }) => {
    const lines = `${stdout}\n${stderr}`.split('\n');
    const issues = lines.flatMap((line) => issueLine.exec(line) ?? []);
    const first = lines.map((line) => issueLine.exec(line)).find((match) => match !== null);
    const ending = /^(?:(No)|(\d+)) issues? found[.!](?: .*)?$/m.exec(lines.join('\n'));
    if (!ending) return { problem: 'its output has no line `N issues found`' };
    const failed = ending[1] === undefined ? Number(ending[2]) : 0;
    if (failed === 0 && issues.length > 0) return { problem: 'it lists issues, and reports that it found none' };
    return {
      ran: files,
      failed,
      skipped: 0,
      ...(first ? { firstFailure: `${first[3]} ${first[1]}: ${first[2]} (${first[4]})` } : {}),
    };
  },
};
