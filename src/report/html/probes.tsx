import type { VNode } from 'preact';
import type { ProbeEvidence, ProbeSample } from '../../core/evidence.ts';
import type { RunEvidence } from '../../core/run-result.ts';
import { formatMs } from '../../core/slo.ts';
import { plural } from '../labels.ts';
import { Problems, Section, Status } from './components.tsx';

/** Health and readiness, before and after the load. */
export const Probes = ({ evidence }: { evidence: RunEvidence }): VNode | null => {
  const named: readonly (readonly [string, ProbeEvidence | undefined])[] = [
    ['Health', evidence.health],
    ['Readiness', evidence.readiness],
    ['Database dependency', evidence.dependencies],
    ['After the load', evidence.aftermath],
  ];
  const probes = named.flatMap(([name, probe]) => (probe ? [{ name, probe }] : []));
  return probes.length === 0 ? null : (
    <Section id="readiness" title="Health and readiness">
      {evidence.readiness && evidence.readiness.samples.length > 1 && <ReadinessChart probe={evidence.readiness} />}
      <table class="cards-when-narrow">
        <thead>
          <tr>
            {['Probe', 'Successful', 'Slowest', 'Problems'].map((name) => (
              <th scope="col" key={name}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {probes.map(({ name, probe }) => (
            <ProbeRow key={name} name={name} probe={probe} />
          ))}
        </tbody>
      </table>
    </Section>
  );
};

const ProbeRow = ({ name, probe: { url, samples, problems } }: { name: string; probe: ProbeEvidence }): VNode => {
  const failed = samples.filter(({ ok }) => !ok);
  const slowest = Math.max(...samples.map(({ durationMs }) => durationMs));
  return (
    <tr>
      <th scope="row">
        {name} <code class="quiet">{url}</code>
      </th>
      <td data-label="Successful">
        {samples.length - failed.length} of {samples.length}
      </td>
      <td data-label="Slowest">{samples.length === 0 ? 'not probed' : formatMs(slowest)}</td>
      <td data-label="Problems">
        <Problems problems={[...problems, ...new Set(failed.map(problemOf))].slice(0, 5)} />
        {failed.length + problems.length === 0 && <span class="quiet">none</span>}
      </td>
    </tr>
  );
};

const problemOf = ({ why, error, status, requestId }: ProbeSample): string =>
  `${why ?? error ?? `status ${status}`}${requestId === undefined ? '' : ` (${requestId})`}`;

/** Consecutive samples with the same result. Times in ms since the first probe. */
interface Period {
  readonly ok: boolean;
  readonly fromMs: number;
  toMs: number;
  count: number;
}

function periodsOf(samples: readonly ProbeSample[]): Period[] {
  const first = Date.parse(samples[0]?.at ?? '');
  const periods: Period[] = [];
  for (const { at, ok, durationMs } of samples) {
    const fromMs = Date.parse(at) - first;
    const last = periods.at(-1);
    if (last) last.toMs = fromMs;
    if (last?.ok === ok) last.count += 1;
    else periods.push({ ok, fromMs, toMs: fromMs + durationMs, count: 1 });
  }
  const last = periods.at(-1);
  const final = samples.at(-1);
  if (last && final) last.toMs = Date.parse(final.at) - first + final.durationMs;
  return periods;
}

/** Readiness over time. */
const ReadinessChart = ({ probe }: { probe: ProbeEvidence }): VNode => {
  const periods = periodsOf(probe.samples);
  const lengthMs = Math.max(1, periods.at(-1)?.toMs ?? 1);
  const x = (ms: number) => (ms / lengthMs) * 1000;
  const stable = formatMs(probe.stableMs);
  const description = `stable for the last ${stable} of ${formatMs(lengthMs)}, ${formatMs(probe.wantedStableMs)} required, ${plural(probe.interruptions, 'interruption')}`;
  return (
    <figure class="strip">
      <figcaption>
        <Status status={probe.stableMs >= probe.wantedStableMs ? 'pass' : 'fail'} /> Readiness: {description}
      </figcaption>
      <svg
        viewBox="0 0 1000 30"
        preserveAspectRatio="none"
        role="img"
        aria-label={`Readiness over time: ${description}`}
      >
        {periods.map(({ ok, fromMs, toMs, count }) => (
          <rect
            key={fromMs}
            class={ok ? 'ready' : 'not-ready'}
            // Not ready is half as high, so that it does not depend on colour alone.
            x={x(fromMs)}
            y={ok ? 0 : 14}
            width={Math.max(4, x(toMs - fromMs))}
            height={ok ? 30 : 16}
          >
            <title>{`${ok ? 'ready' : 'not ready'} from ${formatMs(fromMs)} to ${formatMs(toMs)}, ${plural(count, 'sample')}`}</title>
          </rect>
        ))}
      </svg>
      <p class="axis quiet">
        <span>0 s</span>
        <span>full height: ready · half height: not ready</span>
        <span>{formatMs(lengthMs)}</span>
      </p>
    </figure>
  );
};
