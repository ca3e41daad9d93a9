import type { z } from 'zod';
import { UserError } from '../core/errors.ts';
import { plannedLineSchema, rolloutLineSchema, sampledLineSchema } from './rollout-schema.ts';
import { upgrade } from './upgrade.ts';

/** A line of a journal from which the state of a rollout is folded; `other` lines are for people. */
export type JournalLine =
  | z.output<typeof plannedLineSchema>
  | z.output<typeof rolloutLineSchema>
  | z.output<typeof sampledLineSchema>
  | { readonly type: 'other' };

/** Throws UserError with the line's place if it cannot be read. Also called before a line is appended. */
export function readLine(text: string, place: string): JournalLine {
  try {
    const written = JSON.parse(text) as Readonly<Record<string, unknown>>;
    const line = upgrade(written, written['v'] ?? 1, place) as Readonly<Record<string, unknown>>;
    if (line['type'] === 'rollout-planned') return plannedLineSchema.parse(line);
    if (line['type'] === 'rollout') return rolloutLineSchema.parse(line);
    if (line['type'] === 'sampled') return sampledLineSchema.parse(line);
    return { type: 'other' };
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(
      `${place} cannot be read, so the state of this rollout is unknown.`,
      ['repair the line, or move the run away and check the router: npm run status'],
      { cause: error },
    );
  }
}
