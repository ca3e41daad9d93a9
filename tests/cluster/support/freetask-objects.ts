/** FreeTask in the cluster: two Deployments with a Service each, shared by a route; and one Service that selects a colour. */
type Colour = 'blue' | 'green';

export const freetaskImage = 'freetask/api';
export const releaseAnnotation = 'freetask.example/release';

export interface Side {
  readonly release: string;
  readonly replicas: number;
}

/** Its image is there, and the program in it ends at once: the catalogue does not have it. */
export const releaseThatCannotStart = 'freetask@2.0.0';
/** Its image is nowhere. */
export const releaseWithoutImage = 'freetask@3.0.0';

export const versionOf = (release: string) => release.split('@').at(-1) ?? release;
const labelsOf = (colour: Colour) => ({ app: 'freetask', colour });

export const deployment = (colour: Colour, { release, replicas }: Side) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: `freetask-${colour}`, labels: labelsOf(colour) },
  spec: {
    replicas,
    progressDeadlineSeconds: 60,
    selector: { matchLabels: labelsOf(colour) },
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
    template: {
      metadata: { labels: labelsOf(colour), annotations: { [releaseAnnotation]: release } },
      spec: {
        terminationGracePeriodSeconds: 30,
        automountServiceAccountToken: false,
        enableServiceLinks: false,
        containers: [container(colour, release)],
      },
    },
  },
});

const fromPod = (fieldPath: string) => ({ valueFrom: { fieldRef: { fieldPath } } });

const container = (colour: Colour, release: string) => ({
  name: 'api',
  image: `${freetaskImage}:${versionOf(release)}`,
  imagePullPolicy: 'IfNotPresent',
  ports: [{ name: 'http', containerPort: 8080 }],
  envFrom: [{ secretRef: { name: 'freetask' } }],
  env: [
    { name: 'HOST', value: '0.0.0.0' },
    { name: 'PORT', value: '8080' },
    { name: 'APP_COLOR', value: colour },
    { name: 'APP_INSTANCE', ...fromPod('metadata.name') },
    { name: 'APP_RELEASE', ...fromPod(`metadata.annotations['${releaseAnnotation}']`) },
  ],
  readinessProbe: { httpGet: { path: '/readyz', port: 'http' }, periodSeconds: 1, failureThreshold: 2 },
  // The gateway learns of a pod that ends a moment after it began to end.
  lifecycle: { preStop: { sleep: { seconds: 3 } } },
});

export const service = (name: string, selector: Readonly<Record<string, string>>) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name },
  spec: { selector, ports: [{ name: 'http', port: 80, targetPort: 'http' }] },
});

export const route = (name: string, listener: string, weights: Readonly<Record<string, number>>) => ({
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind: 'HTTPRoute',
  metadata: { name },
  spec: {
    parentRefs: [{ name: 'public', namespace: 'default', sectionName: listener }],
    rules: [{ backendRefs: Object.entries(weights).map(([backend, weight]) => ({ name: backend, port: 80, weight })) }],
  },
});

export const secret = (data: Readonly<Record<string, string>>) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'freetask' },
  stringData: data,
});
