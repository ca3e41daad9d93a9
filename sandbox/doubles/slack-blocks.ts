import { z } from 'zod';

const plainText = z.looseObject({ type: z.literal('plain_text'), text: z.string().min(1).max(150) });
const mrkdwn = z.looseObject({ type: z.enum(['mrkdwn', 'plain_text']), text: z.string().min(1).max(3000) });
const fieldText = z.looseObject({ type: z.enum(['mrkdwn', 'plain_text']), text: z.string().min(1).max(2000) });
const block = z.discriminatedUnion('type', [
  z.looseObject({ type: z.literal('header'), text: plainText }),
  z.looseObject({
    type: z.literal('section'),
    text: mrkdwn.exactOptional(),
    fields: z.array(fieldText).min(1).max(10).exactOptional(),
  }),
  z.looseObject({ type: z.literal('context'), elements: z.array(mrkdwn).min(1).max(10) }),
  z.looseObject({ type: z.literal('divider') }),
]);
const blocks = z.array(block).min(1).max(50);

/** Slack cuts a text at 40 000 characters when it is posted, and refuses it when it replaces one. */
const mostText = 40_000;
/** Of all blocks together; measured by others, since Slack does not document it. */
const mostBlocks = 11_000;

/** The error with which Slack refuses a content; undefined for one that it accepts. */
export function contentError(content: { readonly text?: string; readonly blocks?: unknown }): string | undefined {
  if (content.text === undefined && content.blocks === undefined) return 'no_text';
  if ((content.text ?? '').length > mostText) return 'msg_too_long';
  if (content.blocks === undefined) return content.text === '' ? 'no_text' : undefined;
  if (!blocks.safeParse(content.blocks).success) return 'invalid_blocks';
  return JSON.stringify(content.blocks).length > mostBlocks ? 'msg_blocks_too_long' : undefined;
}

export const metadataSchema = z.strictObject({
  event_type: z.string().min(1).max(255),
  event_payload: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
});

/** A form of the Web API: its structured fields are JSON. */
export const form = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z.preprocess((value) => {
    if (typeof value !== 'object' || value === null) return value;
    const parsed = Object.entries(value).map(([key, each]: [string, unknown]) =>
      (key === 'blocks' || key === 'metadata') && typeof each === 'string' ? [key, JSON.parse(each)] : [key, each],
    );
    return Object.fromEntries(parsed) as unknown;
  }, z.looseObject(shape));
