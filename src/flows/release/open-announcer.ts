import { type AnnouncementFacts, announcementOf, type AnnouncementsSettings } from '../../core/announcement.ts';
import { createChannel } from '../../notifiers/index.ts';
import { announceByWebhook } from './announce-by-webhook.ts';
import { announceInThread } from './announce-in-thread.ts';
import type { Announcer, AnnouncerContext } from './announcer.ts';

export type { Announcer, AnnouncerContext } from './announcer.ts';

/** Settings undefined: the target file does not mention announcements, which the evidence records. */
export function openAnnouncer(settings: AnnouncementsSettings | undefined, context: AnnouncerContext): Announcer {
  if (settings === undefined || 'off' in settings) return withoutChannel(settings);
  const channel = createChannel(settings.slack, context.secret);
  const announcing = {
    ...context,
    channel,
    retryMs: settings.retryMs,
    textOf: (facts: AnnouncementFacts) => announcementOf(facts, settings.links),
  };
  return channel.thread ? announceInThread(announcing, channel.thread) : announceByWebhook(announcing);
}

const missing =
  'the target file names no channel: announcements: { slack: { token: NAME, channel: C0123456789 } }, or { off: REASON }';

const withoutChannel = (settings: { readonly off: string } | undefined): Announcer => ({
  update: () => undefined,
  stage: () => undefined,
  conclude: async () =>
    settings
      ? { kind: 'announcement', state: 'off', because: settings.off }
      : { kind: 'announcement', state: 'missing', because: missing },
  state: () => ({}),
  [Symbol.asyncDispose]: async () => undefined,
});
