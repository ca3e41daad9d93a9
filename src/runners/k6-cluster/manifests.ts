import type { LoadEngine } from '../../core/load-engine.ts';

/** The objects of one load. All have the same name; what is not the first is owned by it and deleted with it. */
export interface LoadObjects {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly engine: LoadEngine;
  /** Files by name; nothing secret. */
  readonly files: Readonly<Record<string, string>>;
  /** The tokens of the users; in a Secret only. */
  readonly sessions: string;
  /** After so long Kubernetes itself ends the runners, whatever became of us. */
  readonly limitMs: number;
}

/** Where the runners find them. The k6-operator chooses the first. */
export const filesFolder = '/test';
export const sessionsPath = '/sessions/sessions.json';
export const messagePath = '/dev/termination-log';
export const k6Port = 6565;
/** Kubernetes removes a finished Job of a Shiproom that was killed. */
const keptSeconds = 3600;

const metadataOf = ({ name, labels, annotations }: LoadObjects) => ({ name, labels, annotations });

/** Suspended, so that what it mounts can be made with it as the owner. */
export function jobOf(objects: LoadObjects): object {
  const { engine, labels, limitMs } = objects;
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: metadataOf(objects),
    spec: {
      suspend: true,
      completionMode: 'Indexed',
      completions: engine.runners,
      parallelism: engine.runners,
      // With `backoffLimit: 0` the first failed runner would end the others.
      backoffLimitPerIndex: 0,
      maxFailedIndexes: engine.runners,
      activeDeadlineSeconds: Math.ceil(limitMs / 1000),
      ttlSecondsAfterFinished: keptSeconds,
      template: { metadata: { labels }, spec: podOf(objects) },
    },
  };
}

function podOf({ name, labels, engine }: LoadObjects): object {
  return {
    restartPolicy: 'Never',
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    terminationGracePeriodSeconds: 5,
    securityContext: { runAsNonRoot: true, runAsUser: 12_345, seccompProfile: { type: 'RuntimeDefault' } },
    topologySpreadConstraints: [
      {
        maxSkew: 1,
        topologyKey: 'kubernetes.io/hostname',
        whenUnsatisfiable: 'ScheduleAnyway',
        labelSelector: { matchLabels: labels },
      },
    ],
    containers: [
      {
        name: 'k6',
        ...imageOf(engine),
        args: argumentsOfRunner,
        env: environment,
        ports: [{ containerPort: k6Port }],
        volumeMounts: [{ name: 'files', mountPath: filesFolder, readOnly: true }, ...sessionMounts],
        resources: resourcesOf(engine),
        securityContext,
        terminationMessagePath: messagePath,
        // The last lines of a k6 that left no counts.
        terminationMessagePolicy: 'FallbackToLogsOnError',
      },
    ],
    volumes: [{ name: 'files', configMap: { name } }, ...sessionVolumes(name)],
  };
}

const argumentsOfRunner = [
  'run',
  '--quiet',
  '--no-color',
  '--log-format=json',
  '--no-thresholds',
  '--paused',
  `--address=0.0.0.0:${k6Port}`,
  '--include-system-env-vars=false',
  // Kubernetes replaces the index, which the runners of one template otherwise do not have in their arguments.
  `--config=${filesFolder}/segment-$(JOB_COMPLETION_INDEX).json`,
  `${filesFolder}/load.js`,
];

/** k6 connects to the target only. */
const environment = [
  { name: 'K6_NO_USAGE_REPORT', value: 'true' },
  { name: 'K6_AUTO_EXTENSION_RESOLUTION', value: 'false' },
  { name: 'NO_COLOR', value: 'true' },
];

const securityContext = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
};

const imageOf = ({ image, pullPolicy }: LoadEngine) => ({
  image,
  ...(pullPolicy === undefined ? {} : { imagePullPolicy: pullPolicy }),
});

function resourcesOf({ cpu, memory }: LoadEngine): object {
  const requests = { ...(cpu === undefined ? {} : { cpu }), ...(memory === undefined ? {} : { memory }) };
  return Object.keys(requests).length === 0 ? {} : { requests };
}

const sessionMounts = [{ name: 'sessions', mountPath: '/sessions', readOnly: true }];
const sessionVolumes = (name: string) => [{ name: 'sessions', secret: { secretName: name } }];

interface Owner {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
}

export const configMapOf = (objects: LoadObjects, owner: Owner): object => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { ...metadataOf(objects), ownerReferences: [owner] },
  data: objects.files,
});

export const secretOf = (objects: LoadObjects, owner: Owner): object => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { ...metadataOf(objects), ownerReferences: [owner] },
  type: 'Opaque',
  stringData: { 'sessions.json': objects.sessions },
});

/** Without `cleanup: post`, which would delete the runners with what they counted. */
export function testRunOf(objects: LoadObjects): object {
  const { name, labels, engine } = objects;
  const pod = {
    ...imageOf(engine),
    env: environment,
    resources: resourcesOf(engine),
    metadata: { labels },
    automountServiceAccountToken: 'false',
    containerSecurityContext: securityContext,
    volumes: sessionVolumes(name),
    volumeMounts: sessionMounts,
  };
  const starter =
    engine.driver === 'k6-operator' && engine.starterImage !== undefined ? engine.starterImage : undefined;
  return {
    apiVersion: 'k6.io/v1alpha1',
    kind: 'TestRun',
    metadata: metadataOf(objects),
    spec: {
      parallelism: engine.runners,
      script: { configMap: { name, file: 'load.js' } },
      arguments: '--no-thresholds --log-format=json',
      quiet: 'true',
      runner: pod,
      initializer: pod,
      ...(starter === undefined ? {} : { starter: { image: starter } }),
    },
  };
}
