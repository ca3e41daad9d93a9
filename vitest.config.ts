import { defineConfig } from 'vitest/config';

/** Files whose verdict depends on how fast the machine answers; each runs alone, so that it does not measure its neighbour. */
const measuring = [
  'tests/e2e/verify.test.ts',
  'tests/e2e/deploy.test.ts',
  'tests/e2e/rollout-{defects,faults,kill}.test.ts',
  'tests/e2e/k6-*.test.ts',
];

/** Files that start PostgreSQL or the sandbox's API; `npm run test:fast` does without them. */
const database = [
  'tests/contract/freetask/**/*.test.ts',
  'tests/contract/{migrations-drivers,schema-*,sql-files,stores}.test.ts',
];
/** Every crash of every scenario: half a minute of computing, which `npm run test:fast` does without too. */
const exhaustive = ['tests/unit/rollout/{crash,crash-again,rollback-crash,in-place-crash,rolled-crash}.test.ts'];
/** Unit tests share the modules of their worker; a file that replaces one needs modules of its own. */
const mocking = ['tests/unit/journal-folder.test.ts'];

/** A real process may need seconds on a busy machine; these limits only end what hangs. */
const processes = { testTimeout: 180_000, hookTimeout: 120_000 };

/** The groups run one after the other. Within a group two files run side by side, each with ports and folders of its own. */
const group = (groupOrder: number, maxWorkers = 2) => ({ sequence: { groupOrder }, maxWorkers });

export default defineConfig({
  test: {
    // The gate counts from this file; a run that did not write it has not passed.
    reporters: process.env['CI'] ? ['default', 'json'] : ['default'],
    outputFile: { json: 'reports/vitest.json' },
    allowOnly: false,
    passWithNoTests: false,
    projects: [
      {
        test: {
          name: 'unit',
          include: ['tests/unit/**/*.test.{ts,tsx}'],
          exclude: [...exhaustive, ...mocking],
          isolate: false,
          testTimeout: processes.testTimeout,
          ...group(0),
        },
      },
      {
        test: {
          name: 'contract',
          include: ['tests/{contract,recorded}/**/*.test.ts', ...mocking],
          exclude: database,
          ...processes,
          ...group(1),
        },
      },
      { test: { name: 'database', include: database, ...processes, ...group(1) } },
      { test: { name: 'exhaustive', include: exhaustive, ...processes, ...group(1) } },
      { test: { name: 'e2e', include: ['tests/e2e/**/*.test.ts'], exclude: measuring, ...processes, ...group(2) } },
      { test: { name: 'measuring', include: measuring, ...processes, ...group(3, 1) } },
    ],
  },
});
