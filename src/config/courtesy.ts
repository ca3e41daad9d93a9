import { dirname, resolve } from 'node:path';
import type { CourtesySettings, SlackSettings, TokenName } from '../core/courtesy.ts';
import type { FlagsSettings } from '../core/flags.ts';
import type { CommitsSettings } from '../core/tracked-release.ts';
import type { Deployment } from './target-file.ts';

type Settings = Pick<Deployment, 'flags' | 'incident' | 'sentry' | 'crashlytics' | 'preflight'> &
  Partial<Pick<Deployment, 'announcements'>>;

/** The flags of a target, paths absolute; undefined where its file names none. */
export function flagsOf(file: string, { flags }: Settings): FlagsSettings | undefined {
  return flags?.driver === 'file' ? { ...flags, file: resolve(dirname(file), flags.file) } : flags;
}

const defaultRetryMs = 60_000;

export const courtesyOf = ({ incident, sentry }: Settings): CourtesySettings => ({
  retryMs: incident?.retryFor ?? defaultRetryMs,
  ...(incident?.slack ? { channel: incident.slack } : {}),
  ...(incident?.github ? { tickets: incident.github } : {}),
  ...(sentry ? { releases: sentry } : {}),
  ...(incident?.reportUrl === undefined ? {} : { reportUrl: incident.reportUrl }),
});

/** The environment variables that hold tokens, each with the key that names it. */
export function tokenNamesOf({
  flags,
  incident,
  sentry,
  crashlytics,
  announcements,
  preflight,
}: Settings): { readonly key: string; readonly name: string }[] {
  const announced = announcements && 'slack' in announcements ? announcements.slack : undefined;
  const { prometheus, alertmanager } = preflight?.monitoring ?? {};
  const named: readonly Named[] = [
    ['flags.token', flags?.driver === 'unleash' ? flags.token : undefined],
    slackToken('incident.slack', incident?.slack),
    ['incident.github.token', incident?.github?.token],
    ['sentry.token', sentry?.token],
    crashlytics === undefined || 'off' in crashlytics
      ? ['crashlytics.token', undefined]
      : 'token' in crashlytics.auth
        ? ['crashlytics.token', crashlytics.auth.token]
        : ['crashlytics.credentials', crashlytics.auth.credentials],
    slackToken('announcements.slack', announced),
    ['preflight.monitoring.prometheus.token', prometheus?.token],
    ['preflight.monitoring.alertmanager.token', alertmanager?.token],
  ];
  return named.flatMap(([key, name]) => (typeof name === 'string' ? [{ key, name }] : []));
}

type Named = readonly [key: string, name: TokenName | undefined];

const slackToken = (key: string, slack: SlackSettings | undefined): Named =>
  slack?.driver === 'slack-webhook' ? [`${key}.webhook`, slack.webhook] : [`${key}.token`, slack?.token];

/** Where the commits of a release are, the folder absolute; undefined where the target file does not state it. */
export function commitsOf(file: string, { sentry }: Settings): CommitsSettings | undefined {
  const { commits } = sentry ?? {};
  return commits && { ...commits, folder: resolve(dirname(file), commits.folder) };
}
