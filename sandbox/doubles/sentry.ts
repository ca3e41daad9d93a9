import { z } from 'zod';
import { alertRoutes, firstAlerts } from './sentry-alerts.ts';
import { missing, releaseRoutes } from './sentry-releases.ts';
import { type Double, hasBearer, type Route } from './service.ts';

const org = '/api/0/organizations/:org';

const otherRoutes: readonly Route[] = [
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
          url: 'https://github.com/freetask/app',
          provider: { id: 'integrations:github', name: 'GitHub' },
          status: 'active',
          dateCreated: '2026-01-01T00:00:00Z',
        },
      ],
    }),
  },
  {
    method: 'GET',
    path: '/api/0/projects/:org/:project/releases/',
    answer: () => ({ status: 200, body: [] }),
  },
  { method: 'GET', path: `${org}/sessions/`, answer: ({ query }) => ({ status: 200, body: sessions(query) }) },
  { method: 'GET', path: `${org}/issues/`, answer: () => ({ status: 200, body: [] }) },
];

const sessions = (query: URLSearchParams) => ({
  start: query.get('start'),
  end: query.get('end'),
  intervals: [],
  query: query.get('query') ?? '',
  groups: [{ by: {}, totals: { 'crash_free_rate(session)': 0.998, 'sum(session)': 2400 }, series: {} }],
});

export function sentry(): Double {
  const state = { ...firstAlerts(), commitsPerRange: 3 };
  return {
    name: 'sentry',
    prefix: '',
    routes: [...releaseRoutes(state), ...alertRoutes(state), ...otherRoutes],
    refuse: (headers, query, path) => {
      const envelope = path.endsWith('/envelope/');
      const key = query.get('sentry_key') ?? /sentry_key=(\w+)/.exec(String(headers['x-sentry-auth'] ?? ''))?.[1];
      if (envelope ? key : hasBearer(headers)) return undefined;
      return { status: 401, body: { detail: 'Authentication credentials were not provided.' } };
    },
    notFound: missing,
    invalid: (why) => ({ status: 400, body: { detail: why } }),
    refusal: { status: 403, body: { detail: 'You do not have permission to perform this action.' } },
    state,
  };
}
