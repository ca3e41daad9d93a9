import { z } from 'zod';
import { durationSchema } from './duration.ts';

const quantity = z
  .string('a quantity as Kubernetes writes it: 500m, 1, 256Mi')
  .regex(/^\d+(\.\d+)?(m|k|M|G|Ki|Mi|Gi)?$/, 'a quantity as Kubernetes writes it: 500m, 1, 256Mi');

/** Of every engine that runs k6 in a cluster; src/core/load-engine.ts explains each. */
const runnerKeys = {
  runners: z.int().min(1).max(100, 'at most 100 runners').default(4),
  image: z.string().min(1),
  pullPolicy: z.enum(['Always', 'IfNotPresent', 'Never']).exactOptional(),
  cpu: quantity.exactOptional(),
  memory: quantity.exactOptional(),
  startWithin: durationSchema.default(120_000),
};

/** The key `load.engine` of a target file. */
export const loadEngineSchema = z.discriminatedUnion('driver', [
  z.strictObject({ driver: z.literal('k6') }),
  z.strictObject({ driver: z.literal('kubernetes'), ...runnerKeys }),
  z.strictObject({ driver: z.literal('k6-operator'), ...runnerKeys, starterImage: z.string().min(1).exactOptional() }),
]);
