import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { driversOf, storeOf } from '../../src/config/target-file.ts';
import type { ClusterRight } from '../../src/core/cluster.ts';
import { formatRule, rightsOf, type RoleRule, rulesOf } from '../../src/core/cluster-rights.ts';
import { parseDeployment } from '../contract/support/service-defaults.ts';

const root = join(import.meta.dirname, '../..');
const manifests = join(root, 'deploy/kubernetes');
const yaml = (name: string): unknown => parse(readFileSync(join(manifests, name), 'utf8'));
const flat = (rules: readonly RoleRule[]): string[] =>
  rules
    .flatMap(({ apiGroups, resources, resourceNames = ['*'], verbs }) =>
      apiGroups.flatMap((group) =>
        resources.flatMap((resource) =>
          resourceNames.flatMap((name) => verbs.map((verb) => `${verb} ${group}/${resource} ${name}`)),
        ),
      ),
    )
    .toSorted();

function exampleRights(): ClusterRight[] {
  const file = join(root, 'config/targets/kubernetes.example.yaml');
  const deployment = parseDeployment(file, readFileSync(file, 'utf8'), {});
  const drivers = driversOf(file, deployment);
  if ('platform' in drivers) throw new Error('a platform');
  return rightsOf({
    target: deployment.name,
    store: storeOf(file, deployment, root),
    engine: deployment.load.engine,
    ...drivers,
  });
}

describe('deploy/kubernetes/', () => {
  it('role.yaml allows exactly what the drivers of the example need', () => {
    const { rules } = yaml('role.yaml') as { readonly rules: RoleRule[] };
    expect(flat(rules)).toEqual(flat(rulesOf(exampleRights())));
    expect(flat(rules).join('\n')).not.toMatch(/\*\/|\/\* |^\* /m);
  });

  it('the Job runs a release once, unprivileged, on a read-only root, as the service account of the Role', () => {
    const job = yaml('release-job.yaml');
    expect(job).toMatchObject({
      kind: 'Job',
      spec: {
        backoffLimit: 0,
        template: {
          spec: {
            serviceAccountName: 'shiproom',
            restartPolicy: 'Never',
            securityContext: { runAsNonRoot: true },
            containers: [{ securityContext: { readOnlyRootFilesystem: true, allowPrivilegeEscalation: false } }],
          },
        },
      },
    });
    expect(yaml('role-binding.yaml')).toMatchObject({
      roleRef: { kind: 'Role', name: (yaml('role.yaml') as { metadata: { name: string } }).metadata.name },
      subjects: [{ kind: 'ServiceAccount', name: 'shiproom' }],
    });
    expect(yaml('service-account.yaml')).toMatchObject({ metadata: { name: 'shiproom' } });
    const secrets = readdirSync(manifests)
      .map((name) => readFileSync(join(manifests, name), 'utf8'))
      .join('\n');
    expect(secrets).not.toMatch(/token: \S|password: \S/);
  });
});

const cluster = {};
const probe = { url: 'http://x', header: 'x-release' };

describe('the rights of', () => {
  it('drivers outside of a cluster are none', () => {
    const router = { driver: 'haproxy', socket: 's', backend: 'b', spare: [], affinity: 'none' } as const;
    expect(
      rightsOf({ target: 't', router, store: { driver: 'folder', folder: '/' }, engine: { driver: 'k6' } }),
    ).toEqual([]);
  });

  it('a Service whose selector is never switched are to read it', () => {
    const router = { driver: 'service-selector', cluster, service: 'api', probe } as const;
    expect(flat(rulesOf(rightsOf({ target: 't', router })))).toEqual([
      'get /services api',
      'list /pods *',
      'list discovery.k8s.io/endpointslices *',
    ]);
    const switched = { ...router, selector: { label: 'colour', blue: 'blue', green: 'green' } };
    expect(flat(rulesOf(rightsOf({ target: 't', router: switched })))).toContain('patch /services api');
  });

  it('several drivers are each asked for once, for the first key that needs them', () => {
    const rights = rightsOf({
      target: 't',
      store: { driver: 'kubernetes', cluster },
      engine: { driver: 'kubernetes' },
    });
    const creating = rights.filter(({ verb, resource }) => verb === 'create' && resource === 'configmaps');
    expect(creating).toEqual([{ verb: 'create', group: '', resource: 'configmaps', because: 'store' }]);
  });

  it('one kind of object are a rule, in the words of a Role', () => {
    const deployments = { blue: 'api-blue', green: 'api-green' };
    const [rule] = rulesOf(rightsOf({ target: 't', runtime: { driver: 'kubernetes', cluster, deployments } }));
    expect(rule && formatRule(rule)).toBe(
      '- { apiGroups: [apps], resources: [deployments], resourceNames: [api-blue, api-green], verbs: [get, patch] }',
    );
  });
});
