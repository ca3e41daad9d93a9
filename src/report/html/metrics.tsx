import type { VNode } from 'preact';
import type { MetricsEvidence } from '../../core/evidence.ts';
import { formatCount, formatMs, formatRate, type Slo } from '../../core/slo.ts';
import { unbreakable } from '../labels.ts';
import { Files, Problems, Section } from './components.tsx';

/** The target's own counters, over the duration of the load. */
export const Metrics = ({ metrics, slos }: { metrics: MetricsEvidence; slos: readonly Slo[] }): VNode => (
  <Section id="metrics" title="Target metrics during the load">
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
              {restarted && <p>restarted during the load: counters not comparable</p>}
            </th>
            {slos.map((slo) => (
              <td data-label={slo.title} key={slo.id}>
                <EventCount slo={slo} count={counts[slo.id]} edgeMs={edges[slo.id]} />
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
    <Files files={metrics.files} />
  </Section>
);

interface EventCountProps {
  readonly slo: Slo;
  readonly count: { readonly events: number; readonly trials: number } | undefined;
  readonly edgeMs: number | undefined;
}

const EventCount = ({ slo, count, edgeMs }: EventCountProps): VNode => {
  if (!count || count.trials === 0) return <span class="quiet">not counted</span>;
  const event = {
    'slow-response': 'too slow',
    'server-error': '5xx',
    'failed-payment': 'failed',
    'crashed-session': 'crashed',
  }[slo.event.kind];
  return (
    <>
      {unbreakable(
        `${formatCount(count.events)} of ${formatCount(count.trials)} ${event} (${formatRate(count.events / count.trials)})`,
      )}
      {edgeMs !== undefined && <p class="quiet">histogram bucket at {unbreakable(formatMs(edgeMs))}</p>}
    </>
  );
};
