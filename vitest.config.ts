import { defineConfig } from 'vitest/config';

/** Real processes on few cores: one file at a time, so that no test measures its neighbour's load. */
const processes = { fileParallelism: false, testTimeout: 180_000, hookTimeout: 120_000 };

export default defineConfig({
  test: {
    // The gate counts from this file; a run that did not write it has not passed.
    reporters: process.env['CI'] ? ['default', 'json'] : ['default'],
    outputFile: { json: 'reports/vitest.json' },
    allowOnly: false,
    passWithNoTests: false,
    projects: [
      { test: { name: 'unit', include: ['tests/unit/**/*.test.{ts,tsx}'], testTimeout: 20_000 } },
      { test: { name: 'processes', include: ['tests/{contract,recorded,e2e}/**/*.test.ts'], ...processes } },
    ],
  },
});
