import { z } from 'zod';
import {
  type CrashesEvidence,
  type CrashIssue,
  type CrashlyticsSettings,
  type CrashVersion,
  displayVersion,
} from '../core/crashes.ts';
import { parseJson } from '../core/parsed-json.ts';
import { askAgain } from '../system/ask-again.ts';
import type { Clock } from '../system/clock.ts';
import type { HttpAnswer } from '../system/http.ts';
import { googleToken } from './google-token.ts';

export interface CrashQuery {
  readonly release: string;
  /** ISO 8601: events before it are not asked for. */
  readonly from: string;
}

export interface CrashCall {
  /** The value of an environment variable. */
  readonly secret: (name: string) => string | undefined;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

const requestTimeoutMs = 10_000;
const pageSize = 100;
/** A report that does not end is no answer. */
const mostPages = 50;
/** The API answers for 90 days at most. */
const longestMs = 89 * 24 * 3_600_000;

/**
 * The fatal issues of a release's version and the versions with events (clause 3.3b), from the reports of Crashlytics' v1alpha
 * API, every page of them. Never throws.
 */
export async function readCrashIssues(
  { release, from }: CrashQuery,
  settings: CrashlyticsSettings,
  call: CrashCall,
): Promise<CrashesEvidence> {
  const base = { kind: 'crashes', release, files: [] } as const;
  const failed = (problem: string): CrashesEvidence => ({ ...base, problems: [`Crashlytics: ${problem}`] });
  const version = displayVersion(settings.version, release);
  if (typeof version !== 'string') return failed(version.problem);
  const access = await googleToken(settings.auth, call.secret);
  if ('problem' in access) return failed(access.problem);
  const now = call.clock.now();
  const interval = {
    from: new Date(Math.max(Date.parse(from), now - longestMs)).toISOString(),
    to: new Date(now).toISOString(),
  };
  const asked = { settings, token: access.token, interval, call };
  const issues = await readReport(
    'topIssues',
    { 'filter.version.display_names': version, 'filter.issue.error_types': 'FATAL' },
    asked,
  );
  if ('problem' in issues) return failed(issues.problem);
  const versions = await readReport('topVersions', {}, asked);
  if ('problem' in versions) return failed(versions.problem);
  const report = {
    app: settings.app,
    version,
    ...interval,
    issues: issues.groups.flatMap(issueOf),
    versions: versions.groups.flatMap(versionOf),
  };
  return { ...base, report, problems: [] };
}

/** Why the reports cannot be read; undefined where they can. */
export async function checkCrashlytics(settings: CrashlyticsSettings, call: CrashCall): Promise<string | undefined> {
  const access = await googleToken(settings.auth, call.secret);
  if ('problem' in access) return access.problem;
  const now = call.clock.now();
  const interval = { from: new Date(now - 3_600_000).toISOString(), to: new Date(now).toISOString() };
  const report = await readReport('topVersions', {}, { settings, token: access.token, interval, call });
  return 'problem' in report ? report.problem : undefined;
}

/** int64 is a string in the JSON of protocol buffers. */
const countSchema = z
  .union([z.int(), z.string().regex(/^\d+$/).transform(Number)])
  .refine((count) => Number.isSafeInteger(count) && count >= 0, 'not a count');

/** One line: a title may be the message of an exception. */
const lineSchema = z.string().transform((text) => text.replaceAll(/\s+/g, ' ').trim().slice(0, 200));

const groupSchema = z.object({
  issue: z
    .object({
      id: z.string(),
      title: lineSchema,
      subtitle: lineSchema.default(''),
      errorType: z.string(),
      state: z.string().default('OPEN'),
      firstSeenVersion: z.string().default(''),
      signals: z.array(z.object({ signal: z.string() })).default([]),
      uri: z.string().optional(),
    })
    .optional(),
  version: z.object({ displayName: z.string() }).optional(),
  metrics: z.array(z.object({ eventsCount: countSchema.default(0), impactedUsersCount: countSchema.default(0) })),
});
type Group = z.output<typeof groupSchema>;

const pageSchema = z.object({
  name: z.string(),
  groups: z.array(groupSchema).default([]),
  totalSize: countSchema.optional(),
  nextPageToken: z.string().optional(),
});

interface Asked {
  readonly settings: CrashlyticsSettings;
  readonly token: string;
  readonly interval: { readonly from: string; readonly to: string };
  readonly call: CrashCall;
}

type Report = { readonly groups: readonly Group[] } | { readonly problem: string };

async function readReport(
  name: 'topIssues' | 'topVersions',
  filters: Readonly<Record<string, string>>,
  { settings: { url, app }, token, interval, call }: Asked,
): Promise<Report> {
  const project = app.split(':')[1] ?? '';
  const base = `${url}/v1alpha/projects/${project}/apps/${encodeURIComponent(app)}/reports/${name}`;
  const groups: Group[] = [];
  let pageToken: string | undefined;
  for (let page = 0; page < mostPages; page += 1) {
    const query = new URLSearchParams({
      page_size: String(pageSize),
      'filter.interval.start_time': interval.from,
      'filter.interval.end_time': interval.to,
      ...filters,
      ...(pageToken === undefined ? {} : { page_token: pageToken }),
    });
    const headers = { authorization: `Bearer ${token}` };
    const answer = await askAgain({ url: `${base}?${query}`, headers, timeoutMs: requestTimeoutMs }, call);
    if (!answer.ok || answer.status !== 200) return { problem: describeRefusal(name, answer) };
    const parsed = pageSchema.safeParse(parseJson(answer.text));
    if (!parsed.success)
      return { problem: `the answer to ${name} is not that report: ${answer.text.trim().slice(0, 80) || 'empty'}` };
    // A group of something else would be left out, and appear as none.
    const subject = name === 'topIssues' ? 'issue' : 'version';
    if (parsed.data.groups.some((group) => group[subject] === undefined))
      return { problem: `the answer to ${name} has a group without its ${subject}` };
    groups.push(...parsed.data.groups);
    pageToken = parsed.data.nextPageToken || undefined;
    if (pageToken === undefined) return wholeReport(name, groups, parsed.data.totalSize);
  }
  return { problem: `${name} has more than ${mostPages} pages of ${pageSize}` };
}

/** An API that lists fewer than it counts has not shown the rest. */
const wholeReport = (name: string, groups: readonly Group[], totalSize = groups.length): Report =>
  groups.length < totalSize ? { problem: `${name} listed ${groups.length} of ${totalSize} groups` } : { groups };

const describeRefusal = (name: string, answer: HttpAnswer): string => {
  if (!answer.ok) return `${name}: ${answer.error}`;
  const denied = answer.status === 401 || answer.status === 403;
  return `${name}: it answered ${answer.status}${denied ? '; the account needs to read Crashlytics of this project' : ''}`;
};

function issueOf({ issue, metrics }: Group): CrashIssue[] {
  if (!issue) return [];
  const { signals, uri, ...rest } = issue;
  return [
    {
      ...rest,
      signals: signals.map(({ signal }) => signal),
      events: sum(metrics, 'eventsCount'),
      users: sum(metrics, 'impactedUsersCount'),
      ...(uri === undefined ? {} : { uri }),
    },
  ];
}

const versionOf = ({ version, metrics }: Group): CrashVersion[] =>
  version ? [{ name: version.displayName, events: sum(metrics, 'eventsCount') }] : [];

const sum = (metrics: Group['metrics'], key: 'eventsCount' | 'impactedUsersCount'): number =>
  metrics.reduce((total, each) => total + each[key], 0);
