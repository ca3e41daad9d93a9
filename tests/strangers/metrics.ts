import type { Habits } from './habits.ts';

const bounds = [0.05, 0.1, 0.4, 1, 5, Infinity];

/** A Prometheus text page with the names of a library. */
export function openMetrics(style: Habits['metrics']) {
  const otel = style === 'opentelemetry';
  const duration = otel ? 'http_server_request_duration_seconds' : 'http_request_duration_seconds';
  const requests = new Map<string, number>();
  /** By the labels of the histogram: the number within each bound, and the sum of seconds. */
  const durations = new Map<string, { readonly within: number[]; sum: number }>();
  const payments = { success: 0, failure: 0 };
  const startedAt = Date.now() / 1000;

  return {
    count(route: string, status: number, ms: number): void {
      const [method = '', path = ''] = route.split(' ');
      const labels = otel
        ? `http_request_method="${method}",http_route="${path}"`
        : `method="${method}",route="${path}"`;
      const withStatus = `${labels},${otel ? 'http_response_status_code' : 'status'}="${status}"`;
      requests.set(withStatus, (requests.get(withStatus) ?? 0) + 1);
      const key = otel ? withStatus : labels;
      const histogram = durations.get(key) ?? { within: bounds.map(() => 0), sum: 0 };
      durations.set(key, histogram);
      histogram.sum += ms / 1000;
      for (const [index, bound] of bounds.entries())
        if (ms / 1000 <= bound) histogram.within[index] = (histogram.within[index] ?? 0) + 1;
      if (path.startsWith('/payments/') && (status < 300 || status === 402 || status >= 500))
        payments[status < 300 ? 'success' : 'failure'] += 1;
    },
    page: (): string =>
      [
        `process_start_time_seconds ${startedAt}`,
        // OpenTelemetry counts requests by the histogram alone.
        ...(otel ? [] : [...requests].map(([labels, value]) => `http_requests_total{${labels}} ${value}`)),
        ...[...durations].flatMap(([labels, { within, sum }]) => [
          ...bounds.map((bound, index) => {
            const le = bound === Infinity ? '+Inf' : String(bound);
            return `${duration}_bucket{${labels},le="${le}"} ${within[index]}`;
          }),
          `${duration}_sum{${labels}} ${sum}`,
          `${duration}_count{${labels}} ${within.at(-1)}`,
        ]),
        ...Object.entries(payments).map(([outcome, value]) => `payment_attempts_total{outcome="${outcome}"} ${value}`),
        '',
      ].join('\n'),
  };
}
