import type { Format } from './format.ts';

/** `warning • Unused import • lib/main.dart:7:7 • unused_import`, indented. */
const issueLine = /^\s*(error|warning|info)\s+•\s+(.+?)\s+•\s+(\S+:\d+:\d+)\s+•\s+(\S+)\s*$/;

/**
 * Infos are tolerated where the command ends with 0 (`--no-fatal-infos`); a warning or an error never is. Its last line is `No issues found! (ran in 1.3s)` or `3 issues found. (ran in 1.3s)`. It does not count files, and has no issue
 * with a folder that holds none.
 */
export const flutterAnalyze: Format = {
  endings: ['.dart'],
  read: ({ stdout, stderr, exitCode, files }) => {
    const lines = `${stdout}\n${stderr}`.split('\n');
    const issues = lines.flatMap((line) => {
      const [, kind = '', message = '', place = '', rule = ''] = issueLine.exec(line) ?? [];
      return kind === '' ? [] : [{ kind, text: `${place} ${kind}: ${message} (${rule})` }];
    });
    const ending = /^(?:(No)|(\d+)) issues? found[.!](?: .*)?$/m.exec(lines.join('\n'));
    if (!ending) return { problem: 'its output has no line `N issues found`' };
    const found = ending[1] === undefined ? Number(ending[2]) : 0;
    if (found < issues.length)
      return { problem: `it lists ${issues.length} issues, and reports that it found ${found}` };
    // An issue that it counts and does not list may be an error.
    const tolerated = exitCode === 0 ? issues.filter(({ kind }) => kind === 'info').length : 0;
    const first = issues.find(({ kind }) => tolerated === 0 || kind !== 'info') ?? issues[0];
    return {
      ran: files,
      failed: found - tolerated,
      skipped: 0,
      ...(tolerated === 0 ? {} : { tolerated }),
      ...(first ? { firstFailure: first.text } : {}),
    };
  },
};
