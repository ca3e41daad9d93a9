import { type Answer, type Asked, type Double, hasBearer, type Route } from './service.ts';

const failure = (code: number, status: string, message: string) => ({
  status: code,
  body: { error: { code, message, status } },
});
const invalid = (message: string): Answer => failure(400, 'INVALID_ARGUMENT', message);

const longestDays = 90;

/** A group of a report: an issue with the version that it was seen in, or a version. Counts are strings, as int64 is in JSON. */
interface Group {
  readonly issue?: { readonly errorType: string; readonly [key: string]: unknown };
  readonly version?: { readonly displayName: string };
  readonly metrics: readonly { readonly eventsCount: string; readonly impactedUsersCount: string }[];
}

/** Versions of the sandbox's releases have events; none of their issues is new. */
const firstState = () => ({
  issues: [
    {
      version: '*',
      group: {
        issue: {
          id: '5f2c0000000000000000000000000001',
          title: 'StateError',
          subtitle: 'Bad state: No element',
          errorType: 'FATAL',
          state: 'OPEN',
          firstSeenVersion: '1.3.0',
          lastSeenVersion: '1.5.0',
          signals: [{ signal: 'SIGNAL_REPETITIVE', description: '' }],
          uri: 'https://console.firebase.google.com/project/freetask/crashlytics/app/android:app.freetask/issues/1',
        },
        metrics: [{ eventsCount: '3', impactedUsersCount: '2' }],
      },
    },
  ] as { readonly version: string; readonly group: Group }[],
  versions: ['1.4.0', '1.5.0', '1.6.0'].map((displayName): Group => ({
    version: { displayName },
    metrics: [{ eventsCount: '12', impactedUsersCount: '9' }],
  })),
});
type State = ReturnType<typeof firstState>;

function wrongRequest({ params, query }: Asked): Answer | undefined {
  const [from, to] = [query.get('filter.interval.start_time'), query.get('filter.interval.end_time')];
  // Both ends of the interval are required together, and the project is the second part of the app's id.
  if ((from === null) !== (to === null)) return invalid('Both ends of the interval are required.');
  const days = (Date.parse(to ?? '') - Date.parse(from ?? '')) / 86_400_000;
  if (from !== null && !(days >= 0 && days <= longestDays)) return invalid('The interval is not valid.');
  if (params['app']?.split(':')[1] !== params['project']) return invalid('The app is not of this project.');
  return undefined;
}

function report(name: string, groups: readonly Group[], query: URLSearchParams): Answer {
  const size = Number(query.get('page_size') ?? 10);
  const from = Number(query.get('page_token') ?? query.get('pageToken') ?? 0);
  const next = from + size < groups.length ? { nextPageToken: String(from + size) } : {};
  const page = groups.slice(from, from + size);
  return { status: 200, body: { name, displayName: name, totalSize: groups.length, groups: page, ...next } };
}

const reportRoutes = (state: State): readonly Route[] => [
  {
    method: 'GET',
    path: '/v1alpha/projects/:project/apps/:app/reports/topIssues',
    answer: (asked) => {
      const versions = asked.query.getAll('filter.version.display_names');
      const types = asked.query.getAll('filter.issue.error_types');
      const groups = state.issues
        .filter(({ version }) => version === '*' || versions.length === 0 || versions.includes(version))
        .map(({ group }) => group)
        .filter(({ issue }) => types.length === 0 || types.includes(issue?.errorType ?? ''));
      return wrongRequest(asked) ?? report('topIssues', groups, asked.query);
    },
  },
  {
    method: 'GET',
    path: '/v1alpha/projects/:project/apps/:app/reports/topVersions',
    answer: (asked) => wrongRequest(asked) ?? report('topVersions', state.versions, asked.query),
  },
];

export function crashlytics(): Double {
  const state = firstState();
  return {
    name: 'crashlytics',
    prefix: '/crashlytics',
    routes: reportRoutes(state),
    refuse: (headers) =>
      hasBearer(headers)
        ? undefined
        : failure(401, 'UNAUTHENTICATED', 'Request is missing required authentication credential.'),
    notFound: failure(404, 'NOT_FOUND', 'Not found.'),
    invalid,
    refusal: failure(403, 'PERMISSION_DENIED', 'The caller does not have permission.'),
    state,
  };
}
