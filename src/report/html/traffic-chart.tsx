import type { VNode } from 'preact';
import { otherColour } from '../../core/rollout/plan.ts';
import type { RolloutRecord, TimedRolloutEvent } from '../../core/rollout/record.ts';
import { formatMs } from '../../core/slo.ts';
import { formatInstant } from '../labels.ts';
import { decisionTones, type Tone, verdictTones } from '../rollout-events.ts';

const width = 1000;
const height = 100;

interface Span {
  readonly from: number;
  readonly to: number;
  /** Percent of the traffic on the canary. */
  readonly share: number;
}

/** From the first event to the last, at least 1 ms. */
const lengthOf = (events: RolloutRecord['events']): number =>
  Math.max(1, Date.parse(events.at(-1)?.at ?? '') - Date.parse(events[0]?.at ?? ''));

/** The canary's share from the first event to the last; in a rolling update the share of replaced instances. */
export function trafficSpans({ plan, events }: RolloutRecord): Span[] {
  const begin = Date.parse(events[0]?.at ?? '');
  const lengthMs = lengthOf(events);
  const spans: Span[] = [];
  let share = 0;
  let from = 0;
  for (const event of events) {
    const next = shareAfter(event, plan);
    if (next === undefined || next === share) continue;
    const to = Math.min(1, Math.max(0, (Date.parse(event.at) - begin) / lengthMs));
    spans.push({ from, to, share });
    [share, from] = [next, to];
  }
  return [...spans, { from, to: 1, share }];
}

function shareAfter(event: TimedRolloutEvent, plan: RolloutRecord['plan']): number | undefined {
  if (plan.strategy === 'rolling') {
    if (event.type === 'observed') return event.stage.share;
    return event.type === 'done' && event.step.do === 'confirm' && event.step.because === 'rollback' ? 0 : undefined;
  }
  if (event.type !== 'done') return undefined;
  if (event.step.do === 'replace') return event.step.rollback ? 0 : 100;
  if (event.step.do === 'adopt' && plan.live === 'public') return 100;
  return event.shares && plan.live !== 'public' ? event.shares[otherColour(plan.live)] : undefined;
}

/** Without the date, which is in the facts of the run. */
const timeOf = (iso = ''): string => formatInstant(iso).slice(11);

function toneOf(event: TimedRolloutEvent): Tone | undefined {
  switch (event.type) {
    case 'failed':
    case 'aborted':
      return 'bad';
    case 'judged':
      return verdictTones[event.word];
    case 'decided':
      return decisionTones[event.decision];
    case 'stepped-back':
    case 'paused':
    case 'resumed':
      return 'unsure';
    default:
      return undefined;
  }
}

/** The traffic over time: one area per release, a line at each decision, shaded while nothing was observed. */
export const TrafficChart = ({ record }: { record: RolloutRecord }): VNode => {
  const { events } = record;
  const lengthMs = lengthOf(events);
  const spans = trafficSpans(record);
  const shares = spans.map(({ from, to, share }) => `${share} % for ${formatMs((to - from) * lengthMs)}`);
  return (
    <figure class="strip traffic-chart">
      <figcaption>
        <h3>Traffic</h3>
        <Legend record={record} />
      </figcaption>
      <svg
        viewBox={`0 0 ${width} ${height}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`Share of the canary: ${shares.join(', then ')}`}
      >
        <rect class="old" width={width} height={height} />
        {spans.map(({ from, to, share }) => (
          <rect key={from} class="new" x={from * width} width={(to - from) * width} y={height - share} height={share} />
        ))}
        <Marks events={events} />
      </svg>
      <p class="axis quiet">
        <span>{timeOf(events[0]?.at)}</span>
        <span>{formatMs(lengthMs)}</span>
        <span>{timeOf(events.at(-1)?.at)}</span>
      </p>
    </figure>
  );
};

const Legend = ({ record: { plan, events } }: { record: RolloutRecord }): VNode => (
  <ul class="inline legend">
    <li>
      <span class="swatch new" /> canary {plan.release}
    </li>
    <li>
      <span class="swatch old" /> baseline {plan.previousRelease}
    </li>
    {events.some(({ type }) => type === 'resumed') && (
      <li>
        <span class="swatch unobserved" /> not observed
      </li>
    )}
  </ul>
);

const Marks = ({ events }: { events: RolloutRecord['events'] }): VNode => {
  const begin = Date.parse(events[0]?.at ?? '');
  const lengthMs = lengthOf(events);
  const xOf = (iso: string) => Math.min(width, Math.max(0, ((Date.parse(iso) - begin) / lengthMs) * width));
  return (
    <>
      {events.map((event, index) => {
        if (event.type !== 'resumed') return null;
        const to = xOf(event.at);
        const from = Math.max(0, to - (event.unobservedMs / lengthMs) * width);
        return <rect key={index} class="unobserved" x={from} width={Math.max(1, to - from)} height={height} />;
      })}
      {events.map((event, index) => {
        const tone = toneOf(event);
        if (tone === undefined) return null;
        const d = `M${xOf(event.at)} 0V${height}`;
        return <path key={index} class={`mark ${tone}`} d={d} vector-effect="non-scaling-stroke" />;
      })}
    </>
  );
};
