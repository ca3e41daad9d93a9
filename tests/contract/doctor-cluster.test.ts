import { readFile, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { diagnoseCluster } from '../../src/flows/diagnose-cluster.ts';
import type { Flow } from '../../src/flows/flow.ts';
import { type ApiServerDouble, startApiServer } from './support/kubernetes/api-server.ts';
import { parseDeployment } from './support/service-defaults.ts';

let cluster: ApiServerDouble;
beforeEach(async () => void (cluster = await startApiServer([])));
afterEach(() => cluster[Symbol.asyncDispose]());

const flow = {
  environment: { variables: {} },
  reportsRoot: '/reports',
  signal: new AbortController().signal,
} as unknown as Flow;

const diagnose = (kubeconfig = cluster.kubeconfig, more: object = {}) => {
  const target = {
    name: 'staging',
    kind: 'staging',
    cluster: { kubeconfig },
    environments: { green: { api: 'http://127.0.0.1:1' } },
    users: { client: 'a@b.example', freelancer: 'c@d.example' },
    otp: { from: 'fixed', code: '000000' },
    store: { driver: 'kubernetes' },
    ...more,
  };
  return diagnoseCluster('/targets/staging.yaml', parseDeployment('staging.yaml', JSON.stringify(target), {}), flow);
};

const edited = async (from: string, to: string): Promise<string> => {
  const { kubeconfig } = cluster;
  await writeFile(kubeconfig, (await readFile(kubeconfig, 'utf8')).replace(from, to));
  return kubeconfig;
};

describe('doctor of a target in a cluster', () => {
  it('reports that every right is there', async () => {
    expect(await diagnose()).toEqual([
      expect.objectContaining({ ok: true, found: '8 of 8 rights', where: `namespace freetask of ${cluster.server}` }),
    ]);
  });

  it('has a row for each rule that is missing, with the rule to add', async () => {
    cluster.deny('patch', 'leases');
    cluster.deny('list', 'configmaps');
    cluster.deny('delete', 'configmaps');
    const rows = await diagnose();
    expect(rows.map(({ ok, found, next }) => [ok, found, next])).toEqual([
      [
        false,
        'no right to patch leases shiproom.staging.lock',
        'add to the rules of the Role: - { apiGroups: [coordination.k8s.io], resources: [leases], resourceNames: [shiproom.staging.lock], verbs: [patch] }',
      ],
      [
        false,
        'no right to list, delete configmaps',
        "add to the rules of the Role: - { apiGroups: [''], resources: [configmaps], verbs: [list, delete] }",
      ],
    ]);
    expect(rows.every(({ where }) => where.endsWith('for store'))).toBe(true);
  });

  it.each([
    ['no access', 'there is no such kubeconfig', async () => '/none/config'],
    ['unreachable', 'connection refused', () => edited(cluster.server, 'http://127.0.0.1:1')],
    ['not authenticated', 'answered 401', () => edited(cluster.token, 'another')],
  ])('that is %s is one row with what to type', async (found, where, kubeconfig) => {
    const rows = await diagnose(await kubeconfig());
    expect(rows).toEqual([
      expect.objectContaining({ ok: false, found, where: expect.stringContaining(where) as unknown }),
    ]);
    expect(rows[0]?.next).toMatch(/^(kubectl|correct cluster\.kubeconfig)/);
  });

  it('is not asked where no driver is in the cluster', async () => {
    expect(await diagnose(undefined, { store: { driver: 'folder' } })).toEqual([]);
    expect(cluster.received).toEqual([]);
  });
});
