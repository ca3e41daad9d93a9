import { z } from 'zod';
import { gateFormats, type GateFormat } from '../core/gate.ts';
import { artifactsSchema } from './artifacts-schema.ts';
import { freezeSchema } from './calendar-schema.ts';
import { databaseSchema } from './database-schema.ts';
import { durationSchema } from './duration.ts';
import { monitoringSchema } from './monitoring-schema.ts';
import { commandWith } from './target-schemas.ts';

const gateSchema = (format: GateFormat) =>
  z.union(
    [
      z.strictObject({ off: z.string().min(1, 'the reason') }),
      z.strictObject({
        command: commandWith(),
        /** Where it runs, relative to the target file. */
        folder: z.string().min(1),
        reads: z.enum(gateFormats).default(format),
        timeout: durationSchema.prefault('15m'),
      }),
    ],
    { error: '{ command: [flutter, test, --machine], folder: ../../app }, or { off: REASON }' },
  );

/** npm ends with 0 where there is no such script, and nothing is checked. */
const ifPresent = '--if-present passes without the script; leave it out, or { off: REASON } where the API has none';

/** Freeze windows, and clause 1.1: the commands of the gates. Every gate is required, and one that the target does not have gives its reason. */
export const preflightSchema = z.strictObject({
  freeze: freezeSchema,
  /** Folders with the programs of these commands, relative to the target file; they come before PATH. */
  path: z.array(z.string().min(1)).default([]),
  gates: z
    .strictObject({
      analyze: gateSchema('flutter-analyze').exactOptional(),
      test: gateSchema('flutter-test').exactOptional(),
      'api-lint': gateSchema('exit-code').exactOptional(),
      'api-test': gateSchema('exit-code').exactOptional(),
    })
    .superRefine((gates, context) => {
      for (const [id, gate] of Object.entries(gates))
        if ('command' in gate && gate.command.includes('--if-present'))
          context.addIssue({ code: 'custom', path: [id, 'command'], message: ifPresent });
    })
    .prefault({}),
  database: databaseSchema.exactOptional(),
  artifacts: artifactsSchema.exactOptional(),
  monitoring: monitoringSchema.prefault({}),
});
