import { z } from 'zod';

/** The parts of Kubernetes' objects that are used here. The API server leaves out what is empty or zero. */
const count = z.int().min(0).default(0);
const labels = z
  .record(z.string(), z.string())
  .nullish()
  .transform((value) => value ?? {});
const list = <T extends z.ZodType>(item: T) =>
  z
    .array(item)
    .nullish()
    .transform((value) => value ?? []);
const text = z.string().default('');

const containerSchema = z.object({
  name: z.string(),
  image: text,
  ports: list(z.object({ name: z.string().optional(), containerPort: z.int(), protocol: z.string().default('TCP') })),
  readinessProbe: z.unknown().optional(),
  lifecycle: z.object({ preStop: z.unknown().optional() }).nullish(),
});

const podSpecSchema = z.object({
  containers: list(containerSchema),
  terminationGracePeriodSeconds: z.int().default(30),
});

const templateFieldsSchema = z.object({
  metadata: z.object({ annotations: labels }),
  spec: podSpecSchema,
});

/** `raw` is what the API server has sent: a patch tests and writes it as a whole. */
const templateSchema = z.unknown().transform((raw, context) => {
  const parsed = templateFieldsSchema.safeParse(raw);
  if (parsed.success) return { ...parsed.data, raw };
  context.addIssue({ code: 'custom', message: z.prettifyError(parsed.error) });
  return z.NEVER;
});

const conditionSchema = z.object({
  type: z.string(),
  status: z.string(),
  reason: text,
  message: text,
  lastUpdateTime: text,
});

const managedFieldsSchema = list(z.object({ manager: text, time: text, fieldsV1: z.unknown().optional() }));

const metadata = {
  name: z.string(),
  uid: z.string(),
  labels,
  annotations: labels,
  deletionTimestamp: z.string().optional(),
  deletionGracePeriodSeconds: z.int().optional(),
  ownerReferences: list(z.object({ uid: z.string(), controller: z.boolean().default(false) })),
};

const selectorSchema = z.object({
  matchLabels: labels,
  matchExpressions: list(z.object({ key: z.string(), operator: z.string(), values: list(z.string()) })),
});

const rollingUpdateSchema = z.object({
  maxSurge: z.union([z.int(), z.string()]).default('25%'),
  maxUnavailable: z.union([z.int(), z.string()]).default('25%'),
});

export const deploymentSchema = z.object({
  metadata: z.object({ ...metadata, generation: z.int(), managedFields: managedFieldsSchema }),
  spec: z.object({
    replicas: z.int().min(0).default(1),
    paused: z.boolean().default(false),
    revisionHistoryLimit: z.int().default(10),
    selector: selectorSchema,
    strategy: z
      .object({ type: z.string().default('RollingUpdate'), rollingUpdate: rollingUpdateSchema.nullish() })
      .prefault({}),
    template: templateSchema,
  }),
  status: z
    .object({
      observedGeneration: count,
      replicas: count,
      updatedReplicas: count,
      availableReplicas: count,
      terminatingReplicas: count,
      conditions: list(conditionSchema),
    })
    .prefault({}),
});

export const replicaSetSchema = z.object({
  metadata: z.object(metadata),
  spec: z.object({ replicas: z.int().min(0).default(1), template: templateSchema }),
  status: z.object({ availableReplicas: count, conditions: list(conditionSchema) }).prefault({}),
});

const terminatedSchema = z.object({
  exitCode: z.int(),
  signal: z.int().optional(),
  reason: text,
  message: text,
  finishedAt: z.string().nullish(),
});

const stateSchema = z
  .object({
    waiting: z.object({ reason: text, message: text }).optional(),
    running: z.object({}).optional(),
    terminated: terminatedSchema.optional(),
  })
  .prefault({});

const containerStatusSchema = z.object({
  name: z.string(),
  restartCount: count,
  imageID: text,
  state: stateSchema,
  lastState: stateSchema,
});

export const podSchema = z.object({
  metadata: z.object(metadata),
  spec: podSpecSchema,
  status: z
    .object({
      phase: text,
      reason: text,
      message: text,
      podIP: z.string().optional(),
      conditions: list(conditionSchema),
      containerStatuses: list(containerStatusSchema),
      initContainerStatuses: list(containerStatusSchema),
    })
    .prefault({}),
});

export const listSchema = z.object({
  metadata: z.object({ continue: z.string().optional(), resourceVersion: z.string().min(1).optional() }).prefault({}),
  items: list(z.unknown()),
});

export type Container = z.infer<typeof containerSchema>;
export type ContainerStatus = z.infer<typeof containerStatusSchema>;
export type Deployment = z.infer<typeof deploymentSchema>;
export type Pod = z.infer<typeof podSchema>;
export type PodTemplate = Deployment['spec']['template'];
export type ReplicaSet = z.infer<typeof replicaSetSchema>;
export type Selector = Deployment['spec']['selector'];
export type Terminated = z.infer<typeof terminatedSchema>;
