import type { VNode } from 'preact';
import type { LoadEvidence, LoadPoint } from '../../core/evidence.ts';
import { formatCount, formatMs, formatRate, type Slo } from '../../core/slo.ts';
import { formatSecond } from './chart.ts';
import { ChartFigure } from './chart-figure.tsx';
import { latencyChart, rateChart, throughputChart } from './load-charts.ts';
import { FileLink, Files, Problems, Said, Section, Status } from './parts.tsx';

export const Load = ({ load, slos }: { load: LoadEvidence; slos: readonly Slo[] }): VNode => {
  const { profile, requests, iterations, droppedIterations, unanswered, exceptions, outcome, percentiles } = load;
  const dashboard = load.files.find((file) => file.endsWith('dashboard.html'));
  const told = Object.entries(percentiles).map(([key, value]) => `${key.slice(0, 3).toUpperCase()} ${formatMs(value)}`);
  return (
    <Section id="load" title="Under load">
      <p>
        Profile <b>{profile}</b>: {formatCount(requests)} requests in {formatCount(iterations)} iterations,{' '}
        {formatMs(outcome.durationMs)}. {told.join(', ')}. {formatCount(droppedIterations)} arrivals dropped,{' '}
        {formatCount(unanswered)} requests unanswered, {formatCount(exceptions)} exceptions of the script.
      </p>
      <Problems problems={load.problems} />
      {load.series.length === 0 ? (
        <p>No second of it was measured.</p>
      ) : (
        <>
          <ChartFigure title="Latency" unit="per second" chart={latencyChart(slos)} points={load.series} />
          <ChartFigure
            title="Errors so far"
            unit="share since the start: what the objectives are judged by"
            chart={rateChart(load.series, slos)}
            points={load.series}
          />
          <ChartFigure title="Throughput" unit="per second" chart={throughputChart()} points={load.series} />
          <Numbers points={load.series} />
        </>
      )}
      {dashboard && (
        <p>
          k6's own dashboard: <FileLink file={dashboard} />
        </p>
      )}
      <Checks load={load} />
      <Said title="What the load generator said last" text={outcome.stderr} />
      <Files files={load.files} />
    </Section>
  );
};

/** More rows than this nobody reads; evidence.json has every second. */
const mostRows = 60;

/** The charts once more as a table, for who cannot see them. */
const Numbers = ({ points }: { points: readonly LoadPoint[] }): VNode => {
  const step = Math.ceil(points.length / mostRows);
  const groups = Array.from({ length: Math.ceil(points.length / step) }, (_, n) =>
    points.slice(n * step, (n + 1) * step),
  );
  return (
    <details>
      <summary>The same in numbers{step > 1 && `, by ${step} s (latencies: the worst second of each)`}</summary>
      <div class="scroll">
        <table class="numbers">
          <thead>
            <tr>
              {['Time', 'P50', 'P95', 'Requests', '5xx', 'Payments', 'failed'].map((name) => (
                <th scope="col" key={name}>
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>{groups.map(numbersRow)}</tbody>
        </table>
      </div>
    </details>
  );
};

function numbersRow(group: readonly LoadPoint[]): VNode {
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
      <td>{sum('payments')}</td>
      <td>{sum('failedPayments')}</td>
    </tr>
  );
}

const Checks = ({ load: { checks, thresholds } }: { load: LoadEvidence }): VNode | null => {
  if (checks.length + thresholds.length === 0) return null;
  const broken = checks.some(({ fails }) => fails > 0) || thresholds.some(({ ok }) => !ok);
  return (
    <details open={broken}>
      <summary>k6's checks and thresholds</summary>
      <ul class="plain">
        {checks.map(({ name, passes, fails }) => (
          <li key={name}>
            <Status status={fails === 0 ? 'pass' : 'fail'} /> {name}{' '}
            <span class="quiet">
              {formatCount(passes)} of {formatCount(passes + fails)}
              {fails > 0 && `, ${formatRate(fails / (passes + fails))} wrong`}
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
