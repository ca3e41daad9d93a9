import { z } from 'zod';
import type { SentrySettings } from '../core/courtesy.ts';
import type { SessionsEvidence } from '../core/evidence.ts';
import { parseJson } from '../core/parsed-json.ts';
import type { Clock } from '../system/clock.ts';
import { ask, type HttpAnswer } from '../system/http.ts';

export interface SessionsQuery {
  readonly release: string;
  /** ISO 8601: sessions before it are not asked for. */
  readonly from: string;
}

const requestTimeoutMs = 10_000;
const attempts = 3;
const firstPauseMs = 500;

/**
 * The crash-free sessions of a release (clause 3.2b), as Sentry counts them in every project that the token may read. Never
 * throws; a refusal that may pass (429, 5xx, no answer) is tried again with growing pauses.
 */
export async function readSessions(
  { release, from }: SessionsQuery,
  { url, org }: Pick<SentrySettings, 'url' | 'org'>,
  { token, clock, signal }: { readonly token: string | undefined; readonly clock: Clock; readonly signal: AbortSignal },
): Promise<SessionsEvidence> {
  const to = new Date(clock.now()).toISOString();
  const base = { kind: 'sessions', release, from, to, files: [] } as const;
  const address = `${url}/api/0/organizations/${encodeURIComponent(org)}/sessions/?${parameters(release, from, to)}`;
  // As sentry-cli does where there is none: a service that checks no token may still ask for the header.
  const headers = { authorization: `Bearer ${token ?? 'none'}` };
  let problem = 'interrupted';
  for (let attempt = 0; attempt < attempts && !signal.aborted; attempt += 1) {
    if (attempt > 0) await clock.sleep(firstPauseMs * 2 ** (attempt - 1), signal);
    const answer = await ask({ url: address, headers, timeoutMs: requestTimeoutMs, signal });
    if (answer.ok && answer.status === 200) return { ...base, ...countSessions(answer.text, release) };
    problem = describeRefusal(answer);
    if (answer.ok && answer.status !== 429 && answer.status < 500) break;
  }
  return { ...base, projects: 0, problems: [`Sentry: ${problem}`] };
}

function parameters(release: string, from: string, to: string): string {
  const query = new URLSearchParams({
    query: `release:"${release.replaceAll(/["\\]/g, String.raw`\$&`)}"`,
    start: from,
    end: to,
    interval: '1h',
    // Every project that the token may read.
    project: '-1',
    includeSeries: '0',
  });
  for (const field of ['crash_free_rate(session)', 'sum(session)']) query.append('field', field);
  for (const group of ['release', 'project']) query.append('groupBy', group);
  return query.toString();
}

const describeRefusal = (answer: HttpAnswer): string =>
  answer.ok
    ? `it answered ${answer.status}${answer.status === 401 || answer.status === 403 ? '; the token needs org:read' : ''}`
    : answer.error;

const answerSchema = z.object({
  groups: z.array(
    z.object({
      by: z.object({ release: z.string().optional(), project: z.union([z.number(), z.string()]).optional() }),
      totals: z.object({
        'crash_free_rate(session)': z.number().nullish(),
        'sum(session)': z.number().nullish(),
      }),
    }),
  ),
});

type Counted = Pick<SessionsEvidence, 'count' | 'projects' | 'problems'>;
const wrong = (problem: string): Counted => ({ projects: 0, problems: [`Sentry: ${problem}`] });

/** Crashed sessions of all sessions, over the projects together: a mean of rates would weigh a project without users as much. */
export function countSessions(text: string, release: string): Counted {
  const parsed = answerSchema.safeParse(parseJson(text));
  if (!parsed.success) return wrong(`its answer is not that of the sessions: ${text.trim().slice(0, 80) || 'empty'}`);
  let events = 0;
  let trials = 0;
  let projects = 0;
  for (const { by, totals } of parsed.data.groups) {
    const sessions = totals['sum(session)'] ?? 0;
    const rate = totals['crash_free_rate(session)'];
    if (by.release !== undefined && by.release !== release) return wrong(`it answered for the release ${by.release}`);
    if (!Number.isSafeInteger(sessions) || sessions < 0)
      return wrong(`sum(session) is ${sessions}, which is not a count`);
    // Where there are no sessions, the rate says nothing, whatever it is.
    if (sessions === 0) continue;
    if (rate === null || rate === undefined) return wrong(`no crash_free_rate of ${sessions} sessions`);
    if (rate < 0 || rate > 1) return wrong(`crash_free_rate is ${rate}, and not between 0 and 1`);
    projects += 1;
    trials += sessions;
    events += Math.round((1 - rate) * sessions);
  }
  return { ...(trials === 0 ? {} : { count: { events, trials } }), projects, problems: [] };
}
