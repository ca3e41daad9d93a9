import type { ChannelMessage } from '../../core/courtesy.ts';

const eventType = 'shiproom_message';

/** What identifies a message and its version in a channel's history. */
export const metadataOf = ({ marker, revision }: ChannelMessage) => ({
  event_type: eventType,
  event_payload: { marker, ...(revision === undefined ? {} : { revision }) },
});

/** The metadata of a message that Shiproom has sent; both are undefined for any other. */
export function readMetadata(metadata: unknown): { readonly marker?: unknown; readonly revision?: unknown } {
  const { event_type: type, event_payload: payload } = (metadata ?? {}) as Record<string, unknown>;
  return type === eventType && typeof payload === 'object' && payload !== null ? payload : {};
}
