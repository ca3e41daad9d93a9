import type { Octokit } from '@octokit/rest';
import type { Attempt, CourtesyOutcome, GithubSettings, Ticket } from '../core/courtesy.ts';
import { networkCause } from '../core/network-cause.ts';
import type { TicketTracker } from './tracker.ts';

const mostPages = 10;

/** GitHub issues: a marker in a comment of the body, which is not shown, identifies the ticket. */
export function createGithubTracker(settings: GithubSettings, token: string | undefined): TicketTracker {
  const { owner, repository: repo, labels } = settings;
  return {
    name: 'github',
    open: async (ticket, attempt) => {
      let opening = false;
      try {
        const octokit = await connect(settings, token, attempt);
        const found = attempt.uncertain ? await find(octokit, settings, ticket) : undefined;
        if (found) return { done: true, summary: `${owner}/${repo}#${found.number} is open already`, url: found.url };
        opening = true;
        const body = `${ticket.body}\n\n${markerLine(ticket.marker)}\n`;
        const { data } = await octokit.rest.issues.create({
          owner,
          repo,
          title: ticket.title,
          body,
          labels: [...labels],
        });
        return { done: true, summary: `${owner}/${repo}#${data.number} opened`, url: data.html_url };
      } catch (error) {
        return outcomeOf(error, opening || attempt.uncertain);
      }
    },
    check: async (attempt) => {
      try {
        const octokit = await connect(settings, token, attempt);
        const { data } = await octokit.rest.repos.get({ owner, repo });
        return data.has_issues ? undefined : `${owner}/${repo} has its issues turned off`;
      } catch (error) {
        const outcome = outcomeOf(error, false);
        return outcome.done ? undefined : outcome.because;
      }
    },
  };
}

const markerLine = (marker: string): string => `<!-- shiproom ${marker.replaceAll(/[^\w.:@+~-]/g, '_')} -->`;

/** By listing, newest first: the search of GitHub lags behind. */
async function find(
  octokit: Octokit,
  { owner, repository: repo }: GithubSettings,
  { marker, notBefore }: Ticket,
): Promise<{ readonly number: number; readonly url: string } | undefined> {
  const pages = octokit.paginate.iterator(octokit.rest.issues.listForRepo, {
    owner,
    repo,
    state: 'all',
    since: new Date(Date.parse(notBefore) - 1000).toISOString(),
    per_page: 100,
  });
  let left = mostPages;
  for await (const { data } of pages) {
    const issue = data.find(({ body }) => body?.includes(markerLine(marker)));
    if (issue) return { number: issue.number, url: issue.html_url };
    left -= 1;
    if (left === 0) return undefined;
  }
  return undefined;
}

async function connect({ url }: GithubSettings, token: string | undefined, attempt: Attempt): Promise<Octokit> {
  const { Octokit: Client } = await import('@octokit/rest');
  const silent = () => undefined;
  return new Client({
    ...(token === undefined ? {} : { auth: token }),
    baseUrl: url,
    userAgent: 'shiproom',
    log: { debug: silent, info: silent, warn: silent, error: silent },
    request: {
      fetch: (address: string, init: RequestInit) =>
        fetch(address, { ...init, signal: AbortSignal.any([attempt.signal, AbortSignal.timeout(attempt.timeoutMs)]) }),
    },
  });
}

interface RequestError {
  readonly status?: number;
  readonly response?: {
    readonly headers?: Readonly<Record<string, string | number | undefined>>;
    readonly data?: { readonly message?: unknown };
  };
}

function outcomeOf(error: unknown, uncertain: boolean): CourtesyOutcome {
  const { status, response } = error as RequestError;
  const failed = (because: string, more: { retry: boolean; uncertain: boolean; retryAfterMs?: number }) =>
    ({ done: false, because: `GitHub: ${because}`, ...more }) as const;
  // Without a response the client reports every failure as status 500.
  if (status === undefined || !response) {
    const { because, unsent } = networkCause(error);
    return failed(because, { retry: true, uncertain: uncertain && !unsent });
  }
  const headers = response.headers ?? {};
  const message = typeof response.data?.message === 'string' ? `: ${response.data.message}` : '';
  const limited = status === 429 || (status === 403 && headers['x-ratelimit-remaining'] === '0');
  const seconds = Number(headers['retry-after'] ?? 0);
  return failed(`status ${status}${message}`, {
    retry: status >= 500 || limited,
    uncertain: uncertain && status >= 500,
    ...(limited && seconds > 0 ? { retryAfterMs: seconds * 1000 } : {}),
  });
}
