import { type DeploymentState } from '../../src/runtimes/kubernetes/deployment-state.ts';
import { deploymentSchema, type Pod, podSchema, replicaSetSchema } from '../../src/runtimes/kubernetes/objects.ts';

/** A Deployment of three pods that is done, as the API server describes it, to be spoiled by a test. */
export const annotation = 'freetask.example/release';

export const template = (version: string) => ({
  metadata: { labels: { app: 'api' }, annotations: { [annotation]: `freetask@${version}` } },
  spec: { containers: [{ name: 'api', image: `r.example/freetask:${version}` }] },
});

const owner = (uid: string) => [{ uid, controller: true }];

export const deployment = (spec: object = {}, status: object = {}, metadata: object = {}) =>
  deploymentSchema.parse({
    metadata: { name: 'api', uid: 'd', generation: 4, ...metadata },
    spec: { replicas: 3, selector: { matchLabels: { app: 'api' } }, template: template('1.5.0'), ...spec },
    status: { observedGeneration: 4, replicas: 3, updatedReplicas: 3, availableReplicas: 3, ...status },
  });

export const replicaSet = (version: string, uid: string, spec: object = {}, conditions: readonly object[] = []) => {
  const { metadata, spec: pod } = template(version);
  const labels = { ...metadata.labels, 'pod-template-hash': uid };
  return replicaSetSchema.parse({
    metadata: { name: `api-${uid}`, uid, ownerReferences: owner('d') },
    spec: { replicas: 3, template: { metadata: { ...metadata, labels }, spec: pod }, ...spec },
    status: { availableReplicas: 3, conditions },
  });
};

export const pod = (
  name: string,
  { set = 'new', status = {}, ...metadata }: { set?: string; status?: object; deletionTimestamp?: string } = {},
): Pod =>
  podSchema.parse({
    metadata: { name, uid: name, ownerReferences: owner(set), ...metadata },
    spec: { containers: [{ name: 'api', image: 'r.example/freetask:1.5.0' }] },
    status: {
      phase: 'Running',
      podIP: '10.0.0.1',
      conditions: [{ type: 'Ready', status: 'True' }],
      containerStatuses: [{ name: 'api', state: { running: {} } }],
      ...status,
    },
  });

export const doneState = (changes: Partial<DeploymentState> = {}): DeploymentState => ({
  deployment: deployment(),
  replicaSets: [replicaSet('1.4.0', 'old', { replicas: 0 }), replicaSet('1.5.0', 'new')],
  pods: [pod('a'), pod('b'), pod('c')],
  ...changes,
});
