import type { TestProject } from 'vitest/node';
import { type ClusterFacts, startCluster } from './cluster.ts';

declare module 'vitest' {
  interface ProvidedContext {
    readonly cluster: ClusterFacts;
  }
}

/** One cluster for all test files: its start takes nine seconds. */
export default async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const cluster = await startCluster();
  provide('cluster', cluster.facts);
  return cluster.stop;
}
