import { z } from 'zod';
import { placeholderProblem } from '../core/placeholders.ts';
import { durationSchema } from './duration.ts';
import { addressSchema } from './target-schemas.ts';

const variableName = z.string().regex(/^[A-Za-z_][\w.-]*$/, 'the name of a variable');
const handoverSchema = z.string().superRefine((text, context) => {
  const problem = placeholderProblem(text);
  if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
});
/** Names and values that are handed to a foreign tool; core/placeholders.ts has the placeholders. */
export const variablesSchema = z.record(variableName, handoverSchema).default({});

export const smokeSchema = z
  .strictObject({
    budget: durationSchema.prefault('5m'),
    postman: z.string().min(1).exactOptional(),
    postmanEnvironment: z.string().min(1).exactOptional(),
    postmanData: z.string().min(1).exactOptional(),
    postmanVariables: variablesSchema,
    playwright: z.union([z.string().min(1), z.literal(false)], 'a folder, or false').exactOptional(),
    playwrightVariables: variablesSchema,
  })
  .refine(({ playwright, playwrightVariables }) => playwright || Object.keys(playwrightVariables).length === 0, {
    path: ['playwrightVariables'],
    error: 'goes with `playwright`, a folder of your own',
  })
  .refine(({ postman, postmanData }) => postman !== undefined || postmanData === undefined, {
    path: ['postmanData'],
    error: 'goes with `postman`, a collection of your own',
  });

const originSchema = addressSchema
  .refine((address) => !URL.canParse(address) || new URL(address).pathname === '/', 'an origin has no path')
  .transform((address) => (URL.canParse(address) ? new URL(address).origin : address));
export const originsSchema = z.array(originSchema).default([]);

/** What a stage is judged by may roll it back: an entry that hides it would let a broken release through. */
const ofStage =
  'a check of a stage is not accepted by its id; accept the finding of its smoke (smoke.<tool>/<step>), or name the kind of objective under `objectives.inapplicable`';

const acceptedSchema = z.strictObject({
  id: z.string().min(1, 'the id of a finding, as reports show it'),
  reason: z.string().min(1, 'why it is accepted'),
  owner: z.string().min(1, 'who answers for it'),
  until: z.iso.date('a date: 2027-01-31'),
});
export const acceptedListSchema = z
  .array(acceptedSchema)
  .superRefine((list, context) => {
    for (const [index, { id }] of list.entries())
      if (list.findIndex((each) => each.id === id) !== index)
        context.addIssue({ code: 'custom', path: [index, 'id'], message: `"${id}" is accepted twice` });
      else if (/^stage-\d/.test(id)) context.addIssue({ code: 'custom', path: [index, 'id'], message: ofStage });
  })
  .default([]);
