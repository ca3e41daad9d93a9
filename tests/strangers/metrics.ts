import type { Habits } from './habits.ts';

const bounds = [0.05, 0.1, 0.4, 1, 5];

/** A Prometheus text page with the names of a library. */
export function openMetrics(style: Habits['metrics']) {
  const requests = new Map<string, number>();
  const durations: number[] = [];
  const payments = { success: 0, failure: 0 };
  const otel = style === 'opentelemetry';

  const histogram = (name: string) => [
    ...[...bounds, Infinity].map((bound) => {
      const within = durations.filter((seconds) => seconds <= bound).length;
      return `${name}_bucket{le="${bound === Infinity ? '+Inf' : bound}"} ${within}`;
    }),
    `${name}_sum ${durations.reduce((sum, seconds) => sum + seconds, 0)}`,
    `${name}_count ${durations.length}`,
  ];
  return {
    count(route: string, status: number, ms: number): void {
      const [method = '', path = ''] = route.split(' ');
      const labels = otel
        ? `http_request_method="${method}",http_route="${path}",http_response_status_code="${status}"`
        : `method="${method}",route="${path}",status="${status}"`;
      requests.set(labels, (requests.get(labels) ?? 0) + 1);
      durations.push(ms / 1000);
      if (path.startsWith('/payments/') && (status < 300 || status === 402 || status >= 500))
        payments[status < 300 ? 'success' : 'failure'] += 1;
    },
    page(): string {
      const counter = otel ? 'http_server_request_count' : 'http_requests_total';
      const duration = otel ? 'http_server_request_duration_seconds' : 'http_request_duration_seconds';
      return [
        ...[...requests].map(([labels, value]) => `${counter}{${labels}} ${value}`),
        ...histogram(duration),
        ...(['success', 'failure'] as const).map(
          (outcome) => `payment_attempts_total{outcome="${outcome}"} ${payments[outcome]}`,
        ),
        '',
      ].join('\n');
    },
  };
}
