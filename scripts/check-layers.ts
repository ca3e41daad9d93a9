import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { cruise, type ICruiseResult } from 'dependency-cruiser';
import extractConfig from 'dependency-cruiser/config-utl/extract-depcruise-config';
import extractTsConfig from 'dependency-cruiser/config-utl/extract-ts-config';

/** Folders under the layer rules. */
const folders = ['src', 'scripts', 'load', 'smoke', 'sandbox', 'tests'];

const root = resolve(process.argv[2] ?? join(import.meta.dirname, '..'));
process.chdir(root);
const config = await extractConfig(join(root, '.dependency-cruiser.cjs'));
const known = sourceFiles();
if (known.length === 0) throw new Error(`No source file to check in ${root}.`);
const { output } = await cruise(
  folders.filter((folder) => known.some((file) => file.startsWith(`${folder}/`))),
  { ...config.options, ruleSet: config, validate: true },
  undefined,
  {
    tsConfig: extractTsConfig(join(root, 'tsconfig.json')),
  },
);
const { modules, summary } = output as ICruiseResult;

for (const { rule, from, to } of summary.violations) {
  const reason = config.forbidden?.find(({ name }) => name === rule.name)?.comment ?? '';
  process.stderr.write(`${rule.name}: ${from} -> ${to}\n    ${reason}\n`);
}
// A file that dependency-cruiser cannot read is no violation, so the files it read are compared with those in git.
const checked = new Set(modules.map(({ source }) => source));
const unchecked = known.filter((file) => !checked.has(file));
for (const file of unchecked) process.stderr.write(`not checked: ${file}\n`);
process.stdout.write(
  `${checked.size} modules checked, ${summary.violations.length} violations, ${unchecked.length} of ${known.length} source files not checked\n`,
);
process.exitCode = summary.violations.length > 0 || unchecked.length > 0 ? 1 : 0;

function sourceFiles(): string[] {
  const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '--', ...folders], {
    encoding: 'utf8',
  });
  const isSource = (file: string) => /\.(ts|tsx|mjs)$/.test(file) && !file.endsWith('.d.ts');
  // Git still lists a file that was deleted and not committed yet.
  return listed.split('\n').filter((file) => isSource(file) && existsSync(file));
}
