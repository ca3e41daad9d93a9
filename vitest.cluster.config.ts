import { defineConfig } from 'vitest/config';

/** `npm run test:cluster`: files that run in the network of a real cluster, one after the other. */
export default defineConfig({
  test: {
    reporters: process.env['CI'] ? ['default', 'json'] : ['default'],
    outputFile: { json: 'reports/vitest-cluster.json' },
    allowOnly: false,
    passWithNoTests: false,
    include: ['tests/cluster/**/*.test.ts'],
    globalSetup: ['tests/cluster/support/shared-cluster.ts'],
    testTimeout: 180_000,
    hookTimeout: 120_000,
    maxWorkers: 1,
    fileParallelism: false,
  },
});
