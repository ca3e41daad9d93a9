import { z } from 'zod';

export const silencesSchema = z.array(
  z.object({
    id: z.string(),
    status: z.object({ state: z.string() }),
    endsAt: z.string(),
    createdBy: z.string().default(''),
    matchers: z.array(
      z.object({ name: z.string(), value: z.string(), isRegex: z.boolean(), isEqual: z.boolean().default(true) }),
    ),
  }),
);
export type Silence = z.output<typeof silencesSchema>[number];

/**
 * The active silence of a rule's alerts. Its series may have labels that the rule does not state: a silence by such a label
 * is not certain.
 */
export function mutedBy(
  labels: Readonly<Record<string, string>>,
  silences: readonly Silence[],
): { readonly certain: boolean; readonly words: string } | undefined {
  const matching = silences
    .filter(({ status }) => status.state === 'active')
    .flatMap((silence) => {
      const stated = silence.matchers.filter(({ name }) => labels[name] !== undefined);
      if (!stated.every((matcher) => matches(matcher, labels[matcher.name] ?? ''))) return [];
      return [{ silence, certain: stated.length === silence.matchers.length }];
    });
  const found = matching.find(({ certain }) => certain) ?? matching[0];
  if (!found) return undefined;
  const { id, createdBy, endsAt } = found.silence;
  const by = `silence ${id}${createdBy === '' ? '' : ` of ${createdBy}`} until ${endsAt}`;
  return { certain: found.certain, words: found.certain ? `it is muted by ${by}` : `it may be muted by ${by}` };
}

function matches({ value, isRegex, isEqual }: Silence['matchers'][number], label: string): boolean {
  return (isRegex ? wholeMatch(value, label) : value === label) === isEqual;
}

/** A pattern of RE2 that this language cannot read is taken as one that matches. */
function wholeMatch(pattern: string, text: string): boolean {
  try {
    return new RegExp(`^(?:${pattern})$`).test(text);
  } catch {
    return true;
  }
}
