import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { cruise, type ICruiseResult } from 'dependency-cruiser';
import extractConfig from 'dependency-cruiser/config-utl/extract-depcruise-config';
import extractTsConfig from 'dependency-cruiser/config-utl/extract-ts-config';

/** Folders whose modules the floors are made of. */
const folders = ['src', 'scripts', 'load', 'smoke', 'sandbox', 'tests'];

const root = resolve(process.argv[2] ?? join(import.meta.dirname, '..'));
process.chdir(root);
const config = await extractConfig(join(root, '.dependency-cruiser.cjs'));
const known = sourceFiles();
if (known.length === 0) throw new Error(`There is no source file to check in ${root}.`);
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
// A cruiser that does not understand a file passes it; so what it saw is counted against what there is.
const seen = new Set(modules.map(({ source }) => source));
const unseen = known.filter((file) => !seen.has(file));
for (const file of unseen) process.stderr.write(`not seen: ${file}\n`);
process.stdout.write(
  `${seen.size} modules seen, ${summary.violations.length} wrong imports, ${unseen.length} of ${known.length} source files not seen\n`,
);
process.exitCode = summary.violations.length > 0 || unseen.length > 0 ? 1 : 0;

function sourceFiles(): string[] {
  const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '--', ...folders], {
    encoding: 'utf8',
  });
  const isSource = (file: string) => /\.(ts|tsx|mjs)$/.test(file) && !file.endsWith('.d.ts');
  // Git still lists a file that was deleted and not committed yet.
  return listed.split('\n').filter((file) => isSource(file) && existsSync(file));
}
