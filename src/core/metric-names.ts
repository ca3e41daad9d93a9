/** A counter whose label says how an attempt ended; a value that is in neither list is a problem, never a success. */
export interface OutcomeCounter {
  readonly name: string;
  readonly label: string;
  readonly success: readonly string[];
  readonly failure: readonly string[];
}

/** The names and labels by which a target's metrics count what the objectives need. */
export interface MetricNames {
  /** A counter of answers by status; absent where the count of `durations` has the status. */
  readonly requests?: string;
  /** The label with the HTTP status (`503`) or its class (`5xx`). */
  readonly status: string;
  /** Values of `status` for requests that got no answer, which count as failed; `''` where the label is absent. */
  readonly unanswered: readonly string[];
  /** A histogram, without `_bucket` and `_count`. */
  readonly durations: string;
  readonly unit: 'seconds' | 'milliseconds';
  /** Labels with the route; the first one that a series has is used. */
  readonly route: readonly string[];
  /** Routes of probes beside the usual ones: their requests are not those of users. */
  readonly probes: readonly string[];
  /** A gauge with the start of the process in seconds since the epoch. */
  readonly startTime: string;
  /** Instead of the counter that the objective names. */
  readonly payments?: OutcomeCounter;
}

const common = {
  unanswered: [],
  unit: 'seconds',
  probes: [],
  startTime: 'process_start_time_seconds',
} as const satisfies Partial<MetricNames>;

/** What the client libraries export by themselves, or what their documentation names. */
export const metricPresets = {
  'prom-client': {
    ...common,
    requests: 'http_requests_total',
    status: 'status',
    durations: 'http_request_duration_seconds',
    route: ['route', 'path', 'handler'],
  },
  'prometheus-go': {
    ...common,
    requests: 'http_requests_total',
    status: 'code',
    durations: 'http_request_duration_seconds',
    route: ['handler', 'route', 'path'],
  },
  'prometheus-java': {
    ...common,
    status: 'status',
    // Micrometer has no status of a request whose connection ended before its answer.
    unanswered: ['UNKNOWN'],
    durations: 'http_server_requests_seconds',
    route: ['uri'],
  },
  opentelemetry: {
    ...common,
    status: 'http_response_status_code',
    // The semantic conventions leave the attribute out where no answer was sent.
    unanswered: [''],
    durations: 'http_server_request_duration_seconds',
    route: ['http_route'],
  },
} as const satisfies Readonly<Record<string, MetricNames>>;
export type MetricPreset = keyof typeof metricPresets;

export const defaultMetricNames: MetricNames = metricPresets['prom-client'];
