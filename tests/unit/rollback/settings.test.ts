import { describe, expect, it } from 'vitest';
import { tokenNamesOf } from '../../../src/config/courtesy.ts';
import { incidentSchema, sentrySchema } from '../../../src/config/courtesy-schema.ts';
import { flagsSchema } from '../../../src/config/flags-schema.ts';

describe('the settings of what a rollback uses', () => {
  it.each([
    ['a token by its value', { slack: { token: 'xoxb-1-2', channel: 'C0123456789' } }],
    ['a channel by its name', { slack: { token: 'SLACK', channel: '#incidents' } }],
    ['the address of a webhook', { slack: { webhook: 'https://hooks.slack.com/services/T/B/x' } }],
    ['a repository without its owner', { github: { token: 'GH', repository: 'app' } }],
    ['nobody to inform', {}],
  ])('refuse %s', (_, settings) => expect(incidentSchema.safeParse(settings).success).toBe(false));

  it('name the environment variables that hold tokens', () => {
    const names = tokenNamesOf({
      flags: flagsSchema.parse({ driver: 'unleash', url: 'https://u.example', environment: 'p', token: 'U' }),
      incident: incidentSchema.parse({ slack: { webhook: 'W' }, github: { token: 'G', repository: 'a/b' } }),
      sentry: sentrySchema.parse({ org: 'a', project: 'b', token: 'S' }),
    });
    expect(names.map(({ key, name }) => `${key}=${name}`)).toEqual([
      'flags.token=U',
      'incident.slack.webhook=W',
      'incident.github.token=G',
      'sentry.token=S',
    ]);
  });
});
