import { z } from 'zod';
import { type Answer, type Double, hasBearer } from './service.ts';

const limits = {
  'x-ratelimit-limit': '5000',
  'x-ratelimit-remaining': '4999',
  'x-github-media-type': 'github.v3; format=json',
};

const issueBody = z.object({
  title: z.string().min(1).max(256),
  body: z.string().max(65_536).optional(),
  labels: z.array(z.string()).optional(),
  assignees: z.array(z.string()).optional(),
});
interface Issue {
  readonly number: number;
  readonly repository: string;
  readonly state: 'open' | 'closed';
  readonly html_url: string;
  readonly title: string;
  readonly body: string | null;
  readonly labels: readonly { readonly name: string }[];
  readonly created_at: string;
}

const answer = (status: number, body: unknown, headers = {}): Answer => ({
  status,
  headers: { ...limits, ...headers },
  body,
});
const repositoryOf = (params: Readonly<Record<string, string>>): string => `${params['owner']}/${params['repo']}`;

export function github(): Double {
  const issues: Issue[] = [];
  return {
    name: 'github',
    prefix: '/github',
    routes: [
      {
        method: 'GET',
        path: '/repos/:owner/:repo',
        answer: ({ params }) => answer(200, { full_name: repositoryOf(params), has_issues: true }),
      },
      {
        method: 'POST',
        path: '/repos/:owner/:repo/issues',
        body: issueBody,
        answer: ({ params, body }) => {
          const { title, body: text, labels = [] } = issueBody.parse(body);
          const repository = repositoryOf(params);
          const number = 1 + issues.filter((issue) => issue.repository === repository).length;
          const issue: Issue = {
            number,
            repository,
            state: 'open',
            html_url: `https://github.com/${repository}/issues/${number}`,
            title,
            body: text ?? null,
            labels: labels.map((name) => ({ name })),
            created_at: new Date().toISOString(),
          };
          issues.push(issue);
          return answer(201, issue);
        },
      },
      {
        method: 'GET',
        path: '/repos/:owner/:repo/issues',
        answer: ({ params, query }) => {
          const labels = query.get('labels')?.split(',') ?? [];
          const wanted = issues.filter(
            (issue) =>
              issue.repository === repositoryOf(params) &&
              (query.get('state') === 'all' || issue.state === (query.get('state') ?? 'open')) &&
              issue.created_at >= (query.get('since') ?? '') &&
              labels.every((label) => issue.labels.some(({ name }) => name === label)),
          );
          const size = Math.min(100, Number(query.get('per_page') ?? 30));
          const page = Number(query.get('page') ?? 1);
          const rest = wanted.length > page * size ? { link: `<${nextPage(query, page)}>; rel="next"` } : {};
          return answer(200, wanted.toReversed().slice((page - 1) * size, page * size), rest);
        },
      },
    ],
    refuse: (headers) =>
      hasBearer(headers) ? undefined : answer(401, { message: 'Requires authentication', status: '401' }),
    notFound: answer(404, { message: 'Not Found', status: '404' }),
    invalid: (why) => answer(422, { message: 'Validation Failed', errors: [why], status: '422' }),
    refusal: answer(403, { message: 'Resource not accessible by personal access token', status: '403' }),
  };
}

function nextPage(query: URLSearchParams, page: number): string {
  const following = new URLSearchParams(query);
  following.set('page', String(page + 1));
  return `?${following.toString()}`;
}
