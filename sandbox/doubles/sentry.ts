import { z } from 'zod';
import { type Double, hasBearer, type Route } from './service.ts';

const org = '/api/0/organizations/:org';
const dateCreated = '2026-01-01T00:00:00Z';
const releaseOf = (version: string) => ({ version, projects: [], dateCreated });

const releaseBody = z.object({
  version: z.string().min(1),
  projects: z.array(z.string().min(1)).optional(),
  dateStarted: z.string().optional(),
  dateReleased: z.string().nullable().optional(),
  url: z.string().nullable().optional(),
});
const deployBody = z.object({
  environment: z.string().min(1).max(64),
  name: z.string().max(64).nullable().optional(),
  url: z.string().nullable().optional(),
  dateStarted: z.string().nullable().optional(),
  dateFinished: z.string().nullable().optional(),
  projects: z.array(z.string()).nullable().optional(),
});
const releaseChange = z.object({
  projects: z.array(z.string()).optional(),
  refs: z
    .array(z.object({ repository: z.string(), commit: z.string(), previousCommit: z.string().nullable().optional() }))
    .optional(),
  commits: z.array(z.object({ id: z.string() })).optional(),
  dateReleased: z.string().nullable().optional(),
  url: z.string().nullable().optional(),
});

const routes: readonly Route[] = [
  // Sent by @sentry/node; the key is in the query or in X-Sentry-Auth.
  {
    method: 'POST',
    path: '/api/:project/envelope/',
    body: z.string().min(1),
    answer: () => ({ status: 200, body: { id: 'recorded' } }),
  },
  {
    method: 'GET',
    path: '/api/0/',
    answer: () => ({ status: 200, body: { version: '0', auth: { scopes: ['project:releases'] }, user: null } }),
  },
  {
    method: 'POST',
    path: `${org}/releases/`,
    body: releaseBody,
    answer: ({ body }) => ({ status: 201, body: releaseOf((body as { version: string }).version) }),
  },
  {
    method: 'PUT',
    path: `${org}/releases/:version/`,
    body: releaseChange,
    answer: ({ params }) => ({ status: 200, body: releaseOf(params['version'] ?? '') }),
  },
  {
    method: 'POST',
    path: `${org}/releases/:version/deploys/`,
    body: deployBody,
    answer: ({ body }) => ({ status: 201, body: { id: '1', ...(body as object) } }),
  },
  { method: 'GET', path: `${org}/releases/:version/deploys/`, answer: () => ({ status: 200, body: [] }) },
  { method: 'GET', path: `${org}/releases/:version/previous-with-commits/`, answer: () => ({ status: 200, body: {} }) },
  {
    method: 'GET',
    path: `${org}/repos/`,
    answer: () => ({
      status: 200,
      body: [
        {
          id: '1',
          name: 'freetask/app',
          url: null,
          provider: { id: 'integrations:github', name: 'GitHub' },
          status: 'active',
          dateCreated,
        },
      ],
    }),
  },
  { method: 'GET', path: `${org}/detectors/`, answer: () => ({ status: 200, body: detectors }) },
  { method: 'GET', path: `${org}/sessions/`, answer: ({ query }) => ({ status: 200, body: sessions(query) }) },
  { method: 'GET', path: `${org}/issues/`, answer: () => ({ status: 200, body: [] }) },
];

/** The alert rules of clause 1.4b, active and not firing. */
const detectors = ['crash-free >= 99 %', 'payment_success >= 98 %', '5xx < 0.5 %'].map((name, index) => ({
  id: String(index + 1),
  projectId: '1',
  name,
  type: 'metric_issue',
  enabled: true,
  openIssues: 0,
  workflowIds: ['1'],
  dataSources: [],
  dateCreated,
}));

const sessions = (query: URLSearchParams) => ({
  start: query.get('start'),
  end: query.get('end'),
  intervals: [],
  query: query.get('query') ?? '',
  groups: [{ by: {}, totals: { 'crash_free_rate(session)': 0.998, 'sum(session)': 2400 }, series: {} }],
});

export const sentry: Double = {
  name: 'sentry',
  prefix: '',
  routes,
  refuse: (headers, query, path) => {
    const envelope = path.endsWith('/envelope/');
    const key = query.get('sentry_key') ?? /sentry_key=(\w+)/.exec(String(headers['x-sentry-auth'] ?? ''))?.[1];
    if (envelope ? key : hasBearer(headers)) return undefined;
    return { status: 401, body: { detail: 'Authentication credentials were not provided.' } };
  },
  notFound: { status: 404, body: { detail: 'The requested resource does not exist' } },
  invalid: (why) => ({ status: 400, body: { detail: why } }),
};
