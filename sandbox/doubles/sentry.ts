import { z } from 'zod';
import { type Answer, type Double, hasBearer, type Route } from './service.ts';

const org = '/api/0/organizations/:org';
const dateCreated = '2026-01-01T00:00:00Z';

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

interface SentryRelease {
  readonly version: string;
  readonly projects: Set<string>;
  dateReleased: string | null;
  readonly deploys: (z.output<typeof deployBody> & { readonly id: string })[];
}
const describe = ({ version, projects, dateReleased }: SentryRelease) => ({
  version,
  projects: [...projects].map((slug) => ({ slug, name: slug })),
  dateCreated,
  dateReleased,
  newGroups: 0,
});
const missing: Answer = { status: 404, body: { detail: 'The requested resource does not exist' } };

type WithRelease = (params: Readonly<Record<string, string>>, act: (release: SentryRelease) => Answer) => Answer;

/** Releases and their deploys, remembered. */
function releaseRoutes(): readonly Route[] {
  const releases = new Map<string, SentryRelease>();
  const withRelease: WithRelease = (params, act) => {
    const found = releases.get(params['version'] ?? '');
    return found ? act(found) : missing;
  };
  const path = `${org}/releases/:version/`;
  return [
    {
      method: 'POST',
      path: `${org}/releases/`,
      body: releaseBody,
      answer: ({ body }) => {
        const { version, projects = [], dateReleased = null } = releaseBody.parse(body);
        const release = releases.get(version) ?? { version, projects: new Set<string>(), dateReleased, deploys: [] };
        for (const project of projects) release.projects.add(project);
        if (release.projects.size === 0) return { status: 400, body: { projects: ['This field is required.'] } };
        releases.set(version, release);
        return { status: 201, body: describe(release) };
      },
    },
    {
      method: 'GET',
      path,
      answer: ({ params }) => withRelease(params, (found) => ({ status: 200, body: describe(found) })),
    },
    {
      method: 'PUT',
      path,
      body: releaseChange,
      answer: ({ params, body }) =>
        withRelease(params, (release) => {
          const { dateReleased, projects = [] } = releaseChange.parse(body);
          if (dateReleased !== undefined) release.dateReleased = dateReleased;
          for (const project of projects) release.projects.add(project);
          return { status: 200, body: describe(release) };
        }),
    },
    ...deployRoutes(path, withRelease),
  ];
}

const deployRoutes = (path: string, withRelease: WithRelease): readonly Route[] => [
  {
    method: 'POST',
    path: `${path}deploys/`,
    body: deployBody,
    answer: ({ params, body }) =>
      withRelease(params, ({ deploys, projects }) => {
        const deploy = deployBody.parse(body);
        if (deploy.projects?.some((project) => !projects.has(project)))
          return { status: 400, body: { projects: ['Invalid projects'] } };
        const dateFinished = deploy.dateFinished ?? new Date().toISOString();
        deploys.push({ ...deploy, dateFinished, id: String(deploys.length + 1) });
        return { status: 201, body: deploys.at(-1) };
      }),
  },
  {
    method: 'GET',
    path: `${path}deploys/`,
    // The last one of each environment, as Sentry answers; sentry-cli panics on one without dateFinished.
    answer: ({ params }) =>
      withRelease(params, ({ deploys }) => {
        const last = new Map(deploys.map((deploy) => [deploy.environment, deploy]));
        return { status: 200, body: [...last.values()].toReversed() };
      }),
  },
];

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
          url: null,
          provider: { id: 'integrations:github', name: 'GitHub' },
          status: 'active',
          dateCreated,
        },
      ],
    }),
  },
  {
    method: 'GET',
    path: '/api/0/projects/:org/:project/releases/',
    answer: () => ({ status: 200, body: [] }),
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

export const sentry = (): Double => ({
  name: 'sentry',
  prefix: '',
  routes: [...releaseRoutes(), ...otherRoutes],
  refuse: (headers, query, path) => {
    const envelope = path.endsWith('/envelope/');
    const key = query.get('sentry_key') ?? /sentry_key=(\w+)/.exec(String(headers['x-sentry-auth'] ?? ''))?.[1];
    if (envelope ? key : hasBearer(headers)) return undefined;
    return { status: 401, body: { detail: 'Authentication credentials were not provided.' } };
  },
  notFound: missing,
  invalid: (why) => ({ status: 400, body: { detail: why } }),
  refusal: { status: 403, body: { detail: 'You do not have permission to perform this action.' } },
});
