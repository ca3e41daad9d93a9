import type { VNode } from 'preact';
import type { MetricsEvidence, ShutdownEvidence } from '../../core/evidence.ts';
import { formatCount, formatMs, formatRate, type Slo } from '../../core/slo.ts';
import { plural, unbroken } from '../words.ts';
import { Files, Problems, Section } from './parts.tsx';

/** What the target's own counters said while it was loaded. */
export const Metrics = ({ metrics, slos }: { metrics: MetricsEvidence; slos: readonly Slo[] }): VNode => (
  <Section id="metrics" title="The target's own metrics under load">
    <Problems problems={metrics.problems} />
    <table class="cards-when-narrow">
      <thead>
        <tr>
          <th scope="col">Instance</th>
          {slos.map(({ id, title }) => (
            <th scope="col" key={id}>
              {title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {metrics.instances.map(({ url, slo: counts, edges, restarted }) => (
          <tr key={url} class={restarted ? 'stands-out' : undefined}>
            <th scope="row">
              <code>{url}</code>
              {restarted && <p>restarted under load: its numbers say nothing</p>}
            </th>
            {slos.map((slo) => (
              <td data-label={slo.title} key={slo.id}>
                <Counted slo={slo} count={counts[slo.id]} edgeMs={edges[slo.id]} />
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
    <Files files={metrics.files} />
  </Section>
);

interface CountedProps {
  readonly slo: Slo;
  readonly count: { readonly events: number; readonly trials: number } | undefined;
  readonly edgeMs: number | undefined;
}

const Counted = ({ slo, count, edgeMs }: CountedProps): VNode => {
  if (!count || count.trials === 0) return <span class="quiet">not counted</span>;
  const what = { 'slow-response': 'too slow', 'server-error': '5xx', 'failed-payment': 'failed' }[slo.event.kind];
  return (
    <>
      {unbroken(
        `${formatCount(count.events)} of ${formatCount(count.trials)} ${what} (${formatRate(count.events / count.trials)})`,
      )}
      {edgeMs !== undefined && <p class="quiet">counted at the bucket edge of {unbroken(formatMs(edgeMs))}</p>}
    </>
  );
};

export const Shutdown = ({ shutdown }: { shutdown: ShutdownEvidence }): VNode => {
  const { inFlight, stopExitCode, stopDurationMs, startedAgain, problems, files } = shutdown;
  return (
    <Section id="stopping" title="Graceful shutdown">
      <Problems problems={problems} />
      <p>
        Told to stop with {plural(inFlight.length, 'request')} half sent; ended with exit code {stopExitCode ?? 'none'}{' '}
        after {formatMs(stopDurationMs)};{' '}
        {startedAgain ? 'ready again after it was started.' : 'not ready again after it was started.'}
      </p>
      {inFlight.length > 0 && (
        <table>
          <thead>
            <tr>
              <th scope="col">Answer</th>
              <th scope="col">Took</th>
              <th scope="col">Request id</th>
            </tr>
          </thead>
          <tbody>
            {inFlight.map(({ status, error, durationMs, requestId }, index) => (
              <tr key={index} class={status === null || status >= 500 ? 'stands-out' : undefined}>
                <td>{status ?? `none: ${error ?? 'dropped'}`}</td>
                <td class="number">{formatMs(durationMs)}</td>
                <td>
                  <code>{requestId}</code>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <Files files={files} />
    </Section>
  );
};
