import { z } from 'zod';
import type { Answer, Route } from './service.ts';

const org = '/api/0/organizations/:org';

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
    .array(
      z.object({
        repository: z.string(),
        commit: z.string().min(1).max(64),
        previousCommit: z.string().nullable().optional(),
      }),
    )
    .optional(),
  commits: z.array(z.object({ id: z.string(), timestamp: z.string().optional() })).optional(),
  dateReleased: z.string().nullable().optional(),
  url: z.string().nullable().optional(),
});

interface SentryRelease {
  readonly version: string;
  readonly projects: Set<string>;
  readonly dateCreated: string;
  dateReleased: string | null;
  commitCount: number;
  lastCommit: string | undefined;
  readonly deploys: (z.output<typeof deployBody> & { readonly id: string })[];
}

/** Sentry accepts a dateStarted and does not return it. */
const describe = ({
  version,
  projects,
  dateCreated,
  dateReleased,
  commitCount,
  lastCommit,
  deploys,
}: SentryRelease) => ({
  version,
  status: 'open',
  shortVersion: version,
  projects: [...projects].map((slug) => ({ slug, name: slug })),
  dateCreated,
  dateReleased,
  commitCount,
  lastCommit: lastCommit === undefined ? null : { id: lastCommit, message: 'the last commit' },
  deployCount: deploys.length,
  newGroups: 0,
});
export const missing: Answer = { status: 404, body: { detail: 'The requested resource does not exist' } };

/** How many commits Sentry finds in the range of a ref, through the integration of its repository; 0: there is no integration. */
export interface ReleaseState {
  commitsPerRange: number;
}

type WithRelease = (params: Readonly<Record<string, string>>, act: (release: SentryRelease) => Answer) => Answer;

/** Releases and their deploys, remembered. */
export function releaseRoutes(state: ReleaseState): readonly Route[] {
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
      answer: ({ body }) => create(releaseBody.parse(body), releases),
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
      answer: ({ params, body }) => withRelease(params, (release) => change(release, releaseChange.parse(body), state)),
    },
    ...deployRoutes(path, withRelease),
  ];
}

function create(given: z.output<typeof releaseBody>, releases: Map<string, SentryRelease>): Answer {
  const { version, projects = [], dateReleased = null } = given;
  const known = releases.get(version);
  const release: SentryRelease = known ?? {
    version,
    projects: new Set<string>(),
    dateCreated: new Date().toISOString(),
    dateReleased,
    commitCount: 0,
    lastCommit: undefined,
    deploys: [],
  };
  for (const project of projects) release.projects.add(project);
  if (release.projects.size === 0) return { status: 400, body: { projects: ['This field is required.'] } };
  releases.set(version, release);
  return { status: known ? 208 : 201, body: describe(release) };
}

function change(release: SentryRelease, given: z.output<typeof releaseChange>, state: ReleaseState): Answer {
  const { dateReleased, projects = [], refs = [], commits } = given;
  if (dateReleased !== undefined) release.dateReleased = dateReleased;
  for (const project of projects) release.projects.add(project);
  const [ref] = refs;
  if (ref) {
    release.commitCount = state.commitsPerRange;
    release.lastCommit = state.commitsPerRange > 0 ? ref.commit : undefined;
  }
  if (commits) {
    const newest = commits.toSorted((a, b) => Date.parse(b.timestamp ?? '') - Date.parse(a.timestamp ?? ''))[0];
    release.commitCount = commits.length;
    release.lastCommit = newest?.id;
  }
  return { status: 200, body: describe(release) };
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
