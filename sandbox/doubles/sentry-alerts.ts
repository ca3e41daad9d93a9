import type { Answer, Route } from './service.ts';

const org = '/api/0/organizations/:org';
const dateCreated = '2026-01-01T00:00:00Z';

/** Ids of the projects, by slug. */
export const projects: Readonly<Record<string, string>> = { api: '1', app: '2' };

interface DetectorFacts {
  readonly id: string;
  readonly name: string;
  readonly aggregate: string;
  readonly dataset: string;
  readonly query: string;
  readonly type: 'gt' | 'lt';
  readonly comparison: number;
}

/** A detector as the API answers it. */
const detectorOf = ({ id, name, aggregate, dataset, query, type, comparison }: DetectorFacts) => ({
  id,
  projectId: '1',
  name,
  description: null,
  type: 'metric_issue',
  workflowIds: ['1'],
  owner: null,
  createdBy: '1',
  dateCreated,
  dateUpdated: dateCreated,
  dataSources: [
    {
      id: `5${id}`,
      organizationId: '1',
      type: 'snuba_query_subscription',
      sourceId: `4${id}`,
      queryObj: {
        id: `4${id}`,
        status: 0,
        subscription: `1/${id}`,
        snubaQuery: { id: `3${id}`, dataset, query, aggregate, timeWindow: 3600, environment: null, eventTypes: [] },
      },
    },
  ],
  conditionGroup: {
    id: `6${id}`,
    organizationId: '1',
    logicType: 'any',
    conditions: [
      { id: `7${id}`, type, comparison, conditionResult: 75 },
      { id: `8${id}`, type: type === 'gt' ? 'lte' : 'gte', comparison, conditionResult: 0 },
    ],
    actions: [],
  },
  config: { detectionType: 'static', comparisonDelta: null },
  enabled: true,
  latestGroup: null,
  openIssues: 0,
});

const crashRate = 'percentage(sessions_crashed, sessions) AS _crash_rate_alert_aggregate';
const paid = 'transaction:*/payments/*';

/** The alert rules of clause 1.4b, active and not firing, in both APIs. */
export const firstAlerts = () => ({
  /** Status of the answers of each API: 200, 404 where it does not exist, 410 in a brownout. */
  detectorsStatus: 200,
  alertRulesStatus: 200,
  detectors: [
    detectorOf({
      id: '1',
      name: 'Crash-free sessions below 99 %',
      aggregate: crashRate,
      dataset: 'metrics',
      query: '',
      type: 'lt',
      comparison: 99,
    }),
    detectorOf({
      id: '2',
      name: 'Payment failures above 2 %',
      aggregate: 'failure_rate()',
      dataset: 'generic_metrics',
      query: paid,
      type: 'gt',
      comparison: 0.02,
    }),
    detectorOf({
      id: '3',
      name: 'Server errors above 0.5 %',
      aggregate: 'failure_rate()',
      dataset: 'generic_metrics',
      query: 'transaction.op:http.server',
      type: 'gt',
      comparison: 0.005,
    }),
  ] as unknown[],
  workflows: [
    {
      id: '1',
      name: 'Notify the on-call engineer',
      organizationId: '1',
      enabled: true,
      environment: null,
      detectorIds: ['1', '2', '3'],
      triggers: { logicType: 'any-short', conditions: [], actions: [] },
      actionFilters: [{ logicType: 'any', conditions: [], actions: [{ id: '1', type: 'slack', status: 'active' }] }],
    },
  ] as unknown[],
  alertRules: [
    ruleOf({ id: '11', name: 'Crash-free sessions', aggregate: crashRate, query: '', thresholdType: 1, threshold: 99 }),
    ruleOf({ id: '12', name: 'Payments', aggregate: 'failure_rate()', query: paid, thresholdType: 0, threshold: 0.02 }),
    ruleOf({ id: '13', name: '5xx', aggregate: 'failure_rate()', query: '', thresholdType: 0, threshold: 0.005 }),
  ] as unknown[],
  /** Open incidents of the old API. */
  incidents: [] as unknown[],
  /** Answers are divided into pages of so many entries. */
  pageSize: 100,
});
export type AlertState = ReturnType<typeof firstAlerts>;

interface RuleFacts {
  readonly id: string;
  readonly name: string;
  readonly aggregate: string;
  readonly query: string;
  readonly thresholdType: 0 | 1;
  readonly threshold: number;
}

/** A rule as the old API answers it. */
function ruleOf({ id, name, aggregate, query, thresholdType, threshold }: RuleFacts) {
  return {
    id,
    name,
    organizationId: '1',
    status: 0,
    queryType: 2,
    dataset: 'metrics',
    query,
    aggregate,
    thresholdType,
    resolveThreshold: null,
    timeWindow: 60,
    environment: null,
    projects: ['api'],
    comparisonDelta: null,
    detectionType: 'static',
    snooze: false,
    triggers: [
      {
        id: `2${id}`,
        label: 'critical',
        thresholdType,
        alertThreshold: threshold,
        actions: [{ id: '1', type: 'slack', targetType: 'specific' }],
      },
    ],
    dateCreated,
  };
}

/** One page, with Sentry's Link header to the next. */
function pageOf(entries: readonly unknown[], query: URLSearchParams, { pageSize }: AlertState, path: string): Answer {
  const [, start = '0'] = (query.get('cursor') ?? '0:0:0').split(':');
  const from = Number(start) * pageSize;
  const more = entries.length > from + pageSize;
  const next = `0:${Number(start) + 1}:0`;
  const address = `http://127.0.0.1/api/0/organizations/freetask/${path}/`;
  const link = [
    `<${address}?&cursor=0:0:1>; rel="previous"; results="${Number(start) > 0}"; cursor="0:0:1"`,
    `<${address}?&cursor=${next}>; rel="next"; results="${more}"; cursor="${next}"`,
  ].join(', ');
  return { status: 200, headers: { link }, body: entries.slice(from, from + pageSize) };
}

const gone: Answer = { status: 410, body: { message: 'This endpoint has been deprecated.' } };
const missing: Answer = { status: 404, body: { detail: 'The requested resource does not exist' } };
const unlessGone = (status: number, answer: () => Answer): Answer =>
  status === 200 ? answer() : status === 410 ? gone : missing;

const idsIn = (query: URLSearchParams): Answer | undefined => {
  const wrong = query.getAll('project').find((id) => !/^-?\d+$/.test(id));
  return wrong === undefined ? undefined : { status: 400, body: { detail: 'Invalid project parameter.' } };
};

export const alertRoutes = (state: AlertState): readonly Route[] => [
  {
    method: 'GET',
    path: '/api/0/projects/:org/:project/',
    answer: ({ params }) => {
      const slug = params['project'] ?? '';
      const id = projects[slug];
      return id === undefined ? missing : { status: 200, body: { id, slug, name: slug, dateCreated } };
    },
  },
  {
    method: 'GET',
    path: `${org}/detectors/`,
    answer: ({ query }) =>
      unlessGone(state.detectorsStatus, () => idsIn(query) ?? pageOf(state.detectors, query, state, 'detectors')),
  },
  {
    method: 'GET',
    path: `${org}/workflows/`,
    answer: ({ query }) => {
      const ids = query.getAll('id');
      const wanted = state.workflows.filter(
        (each) => ids.length === 0 || ids.includes(String((each as { id: unknown }).id)),
      );
      return unlessGone(state.detectorsStatus, () => pageOf(wanted, query, state, 'workflows'));
    },
  },
  {
    method: 'GET',
    path: `${org}/alert-rules/`,
    answer: ({ query }) =>
      unlessGone(state.alertRulesStatus, () => idsIn(query) ?? pageOf(state.alertRules, query, state, 'alert-rules')),
  },
  {
    method: 'GET',
    path: `${org}/incidents/`,
    answer: ({ query }) => unlessGone(state.alertRulesStatus, () => pageOf(state.incidents, query, state, 'incidents')),
  },
];
