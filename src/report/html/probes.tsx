import type { VNode } from 'preact';
import type { ProbeEvidence, ProbeSample } from '../../core/evidence.ts';
import type { RunEvidence } from '../../core/run-result.ts';
import { formatMs } from '../../core/slo.ts';
import { plural } from '../words.ts';
import { Problems, Section, Status } from './parts.tsx';

/** Health, readiness and what was asked again after the load. */
export const Probes = ({ evidence }: { evidence: RunEvidence }): VNode | null => {
  const asked: readonly (readonly [string, ProbeEvidence | undefined])[] = [
    ['Health', evidence.health],
    ['Readiness', evidence.readiness],
    ['A route that needs the database', evidence.dependencies],
    ['After the load', evidence.aftermath],
  ];
  const probes = asked.flatMap(([name, probe]) => (probe ? [{ name, probe }] : []));
  return probes.length === 0 ? null : (
    <Section id="readiness" title="Health and readiness">
      {evidence.readiness && evidence.readiness.samples.length > 1 && <Strip probe={evidence.readiness} />}
      <table class="cards-when-narrow">
        <thead>
          <tr>
            {['Question', 'Answered rightly', 'Slowest', 'Trouble'].map((name) => (
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
  const bad = samples.filter(({ ok }) => !ok);
  const slowest = Math.max(...samples.map(({ durationMs }) => durationMs));
  return (
    <tr>
      <th scope="row">
        {name} <code class="quiet">{url}</code>
      </th>
      <td data-label="Answered rightly">
        {samples.length - bad.length} of {samples.length}
      </td>
      <td data-label="Slowest">{samples.length === 0 ? 'not asked' : formatMs(slowest)}</td>
      <td data-label="Trouble">
        <Problems problems={[...problems, ...new Set(bad.map(toldOf))].slice(0, 5)} />
        {bad.length + problems.length === 0 && <span class="quiet">none</span>}
      </td>
    </tr>
  );
};

const toldOf = ({ why, error, status, requestId }: ProbeSample): string =>
  `${why ?? error ?? `status ${status}`}${requestId === undefined ? '' : ` (${requestId})`}`;

/** Neighbouring answers of one kind. Times in ms since the first question. */
interface Stretch {
  readonly ok: boolean;
  readonly fromMs: number;
  toMs: number;
  count: number;
}

function stretchesOf(samples: readonly ProbeSample[]): Stretch[] {
  const first = Date.parse(samples[0]?.at ?? '');
  const stretches: Stretch[] = [];
  for (const { at, ok, durationMs } of samples) {
    const fromMs = Date.parse(at) - first;
    const last = stretches.at(-1);
    if (last) last.toMs = fromMs;
    if (last?.ok === ok) last.count += 1;
    else stretches.push({ ok, fromMs, toMs: fromMs + durationMs, count: 1 });
  }
  const last = stretches.at(-1);
  const final = samples.at(-1);
  if (last && final) last.toMs = Date.parse(final.at) - first + final.durationMs;
  return stretches;
}

/** When it was ready and when not, over time. */
const Strip = ({ probe }: { probe: ProbeEvidence }): VNode => {
  const stretches = stretchesOf(probe.samples);
  const lengthMs = Math.max(1, stretches.at(-1)?.toMs ?? 1);
  const x = (ms: number) => (ms / lengthMs) * 1000;
  const stable = formatMs(probe.stableMs);
  const told = `stable for ${stable} at the end of ${formatMs(lengthMs)}, ${formatMs(probe.wantedStableMs)} wanted, ${plural(probe.interruptions, 'interruption')}`;
  return (
    <figure class="strip">
      <figcaption>
        <Status status={probe.stableMs >= probe.wantedStableMs ? 'pass' : 'fail'} /> Readiness: {told}
      </figcaption>
      <svg viewBox="0 0 1000 30" preserveAspectRatio="none" role="img" aria-label={`Readiness over time: ${told}`}>
        {stretches.map(({ ok, fromMs, toMs, count }) => (
          <rect
            key={fromMs}
            class={ok ? 'ready' : 'not-ready'}
            // Not ready is also lower, so that nobody has to tell the colours apart.
            x={x(fromMs)}
            y={ok ? 0 : 14}
            width={Math.max(4, x(toMs - fromMs))}
            height={ok ? 30 : 16}
          >
            <title>{`${ok ? 'ready' : 'not ready'} from ${formatMs(fromMs)} to ${formatMs(toMs)}, ${plural(count, 'answer')}`}</title>
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
