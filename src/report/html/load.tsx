import type { VNode } from 'preact';
import type { LoadEvidence, LoadPoint } from '../../core/evidence.ts';
import { formatCount, formatMs, formatRate, type Slo } from '../../core/slo.ts';
import { formatSecond } from './chart.ts';
import { ChartFigure } from './chart-figure.tsx';
import { FileLink, Files, OutputTail, Problems, Section, Status } from './components.tsx';
import { Runners } from './load-runners.tsx';
import { hasPayments, latencyChart, rateChart, throughputChart } from './load-charts.ts';

export const Load = ({ load, slos }: { load: LoadEvidence; slos: readonly Slo[] }): VNode => {
  const { profile, requests, iterations, droppedIterations, unanswered, exceptions, outcome, percentiles } = load;
  const dashboard = load.files.find((file) => file.endsWith('dashboard.html'));
  const latencies = Object.entries(percentiles).map(
    ([key, value]) => `${key.slice(0, 3).toUpperCase()} ${formatMs(value)}`,
  );
  return (
    <Section id="load" title="Load test">
      <p>
        Profile <b>{profile}</b>: {formatCount(requests)} requests in {formatCount(iterations)} iterations,{' '}
        {formatMs(outcome.durationMs)}. {latencies.join(', ')}. {formatCount(droppedIterations)} arrivals dropped,{' '}
        {formatCount(unanswered)} requests without response, {formatCount(exceptions)} script exceptions.
      </p>
      <Problems problems={load.problems} />
      {load.runners && <Runners runners={load.runners} />}
      {load.series.length === 0 ? (
        <p>
          {load.runners ? 'Several runners record no seconds of their load.' : 'No second of the load was measured.'}
        </p>
      ) : (
        <>
          <ChartFigure title="Latency" unit="per second" chart={latencyChart(slos)} points={load.series} />
          <ChartFigure
            title="Error rates"
            unit="since the start of the load, as the objectives are judged"
            chart={rateChart(load.series, slos)}
            points={load.series}
          />
          <ChartFigure title="Throughput" unit="per second" chart={throughputChart()} points={load.series} />
          <Numbers points={load.series} payments={hasPayments(slos)} />
        </>
      )}
      {dashboard && (
        <p>
          k6 dashboard: <FileLink file={dashboard} />
        </p>
      )}
      <Checks load={load} />
      <OutputTail title="End of the output of k6" text={outcome.stderr} />
      <Files files={load.files} />
    </Section>
  );
};

/** evidence.json has every second. */
const maxRows = 60;

/** The data of the charts as a table, for screen readers. */
const Numbers = ({ points, payments }: { points: readonly LoadPoint[]; payments: boolean }): VNode => {
  const step = Math.ceil(points.length / maxRows);
  const groups = Array.from({ length: Math.ceil(points.length / step) }, (_, n) =>
    points.slice(n * step, (n + 1) * step),
  );
  return (
    <details>
      <summary>Data of the charts{step > 1 && `, per ${step} s (latencies: the worst second of each)`}</summary>
      <div class="scroll">
        <table class="numbers">
          <thead>
            <tr>
              {['Time', 'P50', 'P95', 'Requests', '5xx', ...(payments ? ['Payments', 'Failed payments'] : [])].map(
                (name) => (
                  <th scope="col" key={name}>
                    {name}
                  </th>
                ),
              )}
            </tr>
          </thead>
          <tbody>{groups.map((group) => numbersRow(group, payments))}</tbody>
        </table>
      </div>
    </details>
  );
};

function numbersRow(group: readonly LoadPoint[], payments: boolean): VNode {
  const sum = (key: 'requests' | 'serverErrors' | 'payments' | 'failedPayments') =>
    formatCount(group.reduce((total, point) => total + point[key], 0));
  const worst = (key: 'p50Ms' | 'p95Ms') => {
    const values = group.flatMap((point) => point[key] ?? []);
    return values.length === 0 ? 'none' : formatMs(Math.max(...values));
  };
  const time = formatSecond(group[0]?.second ?? 0);
  return (
    <tr key={time}>
      <th scope="row">{time}</th>
      <td>{worst('p50Ms')}</td>
      <td>{worst('p95Ms')}</td>
      <td>{sum('requests')}</td>
      <td>{sum('serverErrors')}</td>
      {payments && <td>{sum('payments')}</td>}
      {payments && <td>{sum('failedPayments')}</td>}
    </tr>
  );
}

const Checks = ({ load: { checks, thresholds } }: { load: LoadEvidence }): VNode | null => {
  if (checks.length + thresholds.length === 0) return null;
  const failed = checks.some(({ fails }) => fails > 0) || thresholds.some(({ ok }) => !ok);
  return (
    <details open={failed}>
      <summary>k6 checks and thresholds</summary>
      <ul class="plain">
        {checks.map(({ name, passes, fails }) => (
          <li key={name}>
            <Status status={fails === 0 ? 'pass' : 'fail'} /> {name}{' '}
            <span class="quiet">
              {formatCount(passes)} of {formatCount(passes + fails)}
              {fails > 0 && `, ${formatRate(fails / (passes + fails))} failed`}
            </span>
          </li>
        ))}
        {thresholds.map(({ metric, expression, ok }) => (
          <li key={`${metric} ${expression}`}>
            <Status status={ok ? 'pass' : 'fail'} />{' '}
            <code>
              {metric}: {expression}
            </code>
          </li>
        ))}
      </ul>
    </details>
  );
};
