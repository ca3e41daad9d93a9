import type { SlackSettings } from '../core/courtesy.ts';
import type { Channel } from './channel.ts';
import { createSlackChannel } from './slack.ts';
import { createSlackWebhook } from './slack-webhook.ts';

export type { Channel, MessageThread } from './channel.ts';

/** `secret` gives the value of an environment variable. */
export function createChannel(settings: SlackSettings, secret: (name: string) => string | undefined): Channel {
  switch (settings.driver) {
    case 'slack':
      return createSlackChannel(settings, settings.token === false ? 'none' : secret(settings.token));
    case 'slack-webhook':
      return createSlackWebhook(secret(settings.webhook));
  }
}
