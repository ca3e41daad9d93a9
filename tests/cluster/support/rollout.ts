import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CommandOutcome, runCommand, type RunningCommand, startCommand } from '../../e2e/support/command.ts';
import { addresses } from './addresses.ts';
import type { Cluster } from './cluster.ts';
import { freetaskImage, releaseAnnotation } from './freetask-objects.ts';

/** The real commands on the FreeTask of one namespace, with a target file of which a rollout takes seconds. */
export interface ClusterTarget extends AsyncDisposable {
  readonly run: (verb: string, args: readonly string[]) => Promise<CommandOutcome>;
  readonly start: (verb: string, args: readonly string[]) => RunningCommand;
  /** Of the newest run. */
  readonly journal: () => Promise<string>;
}

/** The objectives without payments, which the test's users do not make. */
const slos = `slos:
  - { id: latency-p95, title: Latency P95, clause: 3.2a, kind: latency, percentile: 95, below: 5s, minSamples: 5 }
  - { id: server-errors, title: 5xx rate, clause: 3.2d, kind: server-errors, below: 0.5 %, minSamples: 5, rollback: { clause: 4.1b, above: 1 % } }
`;

const quickRollout = {
  dwell: '1s',
  holdBudget: '8s',
  warmUp: '0s',
  interval: '300ms',
  minimum: { requests: 3, payments: 1 },
  // A busy machine is slow; latency is no subject of these tests.
  latency: { interval: '300ms', sustained: '1m' },
  watch: { for: '2s' },
  blind: { retryUpTo: '600ms', endAfter: '60s' },
  keepWarm: '1h',
  proof: '0s',
  synthetic: false,
  // A handful of requests proves nothing by the SOP's beta, and proofs are no subject of these tests.
  judge: { batch: '300ms', sample: { every: '300ms' }, beta: 0.99, literal: { window: '5s', confirm: '1s' } },
};

const probe = (address: string) => ({ url: `${address}/healthz`, header: 'x-app-release' });

/** Two Deployments, shared by the weights of a route. */
export const blueGreen = {
  router: {
    driver: 'gateway-api',
    route: 'freetask',
    backends: { blue: 'freetask-blue', green: 'freetask-green' },
    probe: probe(addresses.gateway),
  },
  deployments: { blue: 'freetask-blue', green: 'freetask-green' },
  address: addresses.gateway,
};

/** One Deployment behind a Service, replaced by a rolling update. */
export const rolling = {
  router: { driver: 'service-selector', service: 'freetask', probe: probe(addresses.selected) },
  deployments: { blue: 'freetask-blue' },
  address: addresses.selected,
};

export async function openClusterTarget(
  { facts }: Cluster,
  namespace: string,
  {
    router,
    deployments,
    address,
  }: { readonly address: string } & (Omit<typeof blueGreen, 'address'> | Omit<typeof rolling, 'address'>),
): Promise<ClusterTarget> {
  const folder = await mkdtemp(join(tmpdir(), 'cluster-target-'));
  const reports = join(folder, 'reports');
  const target = {
    name: namespace,
    kind: 'staging',
    cluster: { kubeconfig: facts.kubeconfig, namespace },
    environments: { blue: { api: addresses.blue }, green: { api: addresses.green }, public: { api: address } },
    users: { client: 'client@example.com', freelancer: 'freelancer@example.com' },
    otp: { from: 'response' },
    router,
    runtime: { driver: 'kubernetes', deployments, image: `${freetaskImage}:{version}`, annotation: releaseAnnotation },
    load: { profile: 'stage', engine: { driver: 'kubernetes', image: 'grafana/k6:2.2.0', pullPolicy: 'IfNotPresent' } },
    store: { driver: 'folder', folder: reports },
    readiness: { stableFor: '300ms', interval: '50ms', budget: '30s' },
    smoke: {
      budget: '20s',
      postman: join(import.meta.dirname, '../../e2e/support/alive.postman_collection.json'),
      playwright: false,
    },
    objectives: { inapplicable: { 'payment-success': 'the users of this test make no payments' } },
    rollout: { ...quickRollout, stages: [10, 50, 100] },
  };
  const file = join(folder, 'target.json');
  await writeFile(file, JSON.stringify(target));
  await writeFile(join(folder, 'slo.yaml'), slos);
  const withFlags = (verb: string, args: readonly string[]) => [
    '--target',
    file,
    ...(verb === 'deploy' ? ['--slo', join(folder, 'slo.yaml')] : []),
    ...args,
  ];
  const env = { SHIPROOM_REPORTS: reports, TMPDIR: folder };
  return {
    run: (verb, args) => runCommand(verb, withFlags(verb, args), env),
    start: (verb, args) => startCommand(verb, withFlags(verb, args), env),
    journal: async () => {
      const runs = (await readdir(reports)).filter((name) => /-(deploy|rollback)-/.test(name)).toSorted();
      return readFile(join(reports, runs.at(-1) ?? '', 'journal.ndjson'), 'utf8');
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}
