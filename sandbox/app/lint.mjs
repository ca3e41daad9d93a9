// The linter of the sandbox's API, on its PATH as `freetask-lint`: two rules, and the report of `eslint --format json`.
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const rules = [
  { ruleId: 'no-debugger', pattern: /\bdebugger\b/g, message: "Unexpected 'debugger' statement." },
  { ruleId: 'no-console', pattern: /\bconsole\.\w+/g, message: 'Unexpected console statement.' },
];

const messagesOf = (text) =>
  text.split('\n').flatMap((line, index) =>
    rules.flatMap(({ ruleId, pattern, message }) =>
      [...line.matchAll(pattern)].map(({ index: column }) => ({
        ruleId,
        severity: 2,
        message,
        line: index + 1,
        column: column + 1,
      })),
    ),
  );

const folders = process.argv.slice(2).filter((argument) => !argument.startsWith('-') && argument !== 'json');
const report = folders
  .flatMap((folder) => readdirSync(folder, { recursive: true }).map((name) => join(folder, name)))
  .filter((path) => /\.m?js$/.test(path))
  .toSorted()
  .map((path) => {
    const messages = messagesOf(readFileSync(path, 'utf8'));
    return { filePath: resolve(path), messages, errorCount: messages.length, warningCount: 0 };
  });
process.stdout.write(`${JSON.stringify(report)}\n`);
process.exitCode = report.some(({ errorCount }) => errorCount > 0) ? 1 : 0;
