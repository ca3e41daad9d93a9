import type { VNode } from 'preact';
import { decide } from '../../core/judge/stage.ts';
import { observedStages, withSettings } from '../../core/judge/rollout.ts';
import { releasedOn } from '../../core/rollout/plan.ts';
import type { RolloutRecord, TimedRolloutEvent } from '../../core/rollout/record.ts';
import { observedMs } from '../../core/rollout/observation.ts';
import { describeStage } from '../../core/rollout/step.ts';
import { settingsOf } from '../../core/rollout/watch.ts';
import { servedUsers } from '../../core/rollout/served-users.ts';
import { formatCount, formatMs, type Slo } from '../../core/slo.ts';
import { clauses } from '../../core/sop.ts';
import { eventNames } from '../interval.ts';
import { unbreakable } from '../labels.ts';
import { eventRow } from '../rollout-events.ts';
import { ChartFigure } from './chart-figure.tsx';
import { Section, Status } from './components.tsx';
import { Evidence } from './evidence.tsx';
import { objectiveChart, rolloutPoints } from './rollout-charts.ts';
import { TrafficChart } from './traffic-chart.tsx';

/** The traffic over time, the judgements of each stage, and every event. */
export const Rollout = ({ record, slos }: { record: RolloutRecord; slos: readonly Slo[] }): VNode => {
  const { plan, events } = record;
  const points = rolloutPoints(record, slos);
  return (
    <Section id="rollout" title="Rollout">
      <p>
        Canary <b>{plan.release}</b>, baseline <b>{plan.previousRelease ?? 'unknown release'}</b>; {plan.strategy},{' '}
        {placeOf(plan)}. <UserRequests record={record} />
      </p>
      {events.length === 0 ? <p>No step was started.</p> : <TrafficChart record={record} />}
      <Evidence record={record} slos={slos} />
      <Stages record={record} slos={slos} />
      {points.length > 1 &&
        slos.map((slo) => (
          <ChartFigure
            key={slo.id}
            title={slo.title}
            unit={`${eventNames[slo.event.kind]} per observation; the limit applies to the whole stage`}
            chart={objectiveChart(slo, points)}
            points={points}
          />
        ))}
      <Events events={events} />
      <Forecast record={record} />
    </Section>
  );
};

function placeOf(plan: RolloutRecord['plan']): string {
  if (plan.verb === 'watch') return `watched on ${releasedOn(plan)}, where it was live already`;
  switch (plan.strategy) {
    case 'blue-green':
      return `deployed to ${plan.idle} while ${plan.live} was live`;
    case 'rolling':
      return `instance by instance on ${plan.live}`;
    case 'in-place':
      return 'replaced by the platform for all users at once';
  }
}

const UserRequests = ({ record }: { record: RolloutRecord }): VNode => {
  const users = servedUsers(record.events);
  if (!users) return <span class="quiet">User requests served by the canary were not counted.</span>;
  return (
    <>
      The canary served <b>{formatCount(users.requests)}</b> user requests; <b>{formatCount(users.failed)}</b> failed.
    </>
  );
};

const Stages = ({ record, slos }: { record: RolloutRecord; slos: readonly Slo[] }): VNode | null => {
  const stages = observedStages(record, slos);
  if (stages.length === 0) return null;
  return (
    <>
      <h3>Stages</h3>
      <div class="scroll">
        <table class="cards-when-narrow">
          <thead>
            <tr>
              {['Traffic', 'Observed', ...slos.map(({ title }) => title), 'Verdict from its counters'].map((name) => (
                <th scope="col" key={name}>
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {stages.map(({ stage, observations, judge }, index) => {
              const verdict = decide(withSettings(judge, settingsOf(record, stage)));
              return (
                <tr key={index}>
                  <th scope="row">{describeStage(stage)}</th>
                  <td data-label="Observed">{formatMs(observedMs(observations))}</td>
                  {slos.map((slo) => {
                    const judgement = verdict.judgements.find(({ id }) => id === `stage-${stage.share}.${slo.id}`);
                    return (
                      <td key={slo.id} data-label={slo.title}>
                        {judgement && <Status status={judgement.status} />} {judgement && unbreakable(judgement.actual)}
                      </td>
                    );
                  })}
                  <td data-label="Verdict from its counters">
                    <b>{verdict.word}</b> <span class="quiet">{verdict.because}</span>
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </>
  );
};

const Events = ({ events }: { events: readonly TimedRolloutEvent[] }): VNode | null => {
  const begin = Date.parse(events[0]?.at ?? '');
  const rows = events.flatMap((event) => {
    const row = eventRow(event);
    return row ? [{ ...row, at: event.at }] : [];
  });
  if (rows.length === 0) return null;
  return (
    <>
      <h3>Events</h3>
      <table class="cards-when-narrow events">
        <thead>
          <tr>
            {['Elapsed', 'Event', 'Clause', 'Result'].map((name) => (
              <th scope="col" key={name}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ at, event, clause, result, tone }, index) => (
            <tr key={index}>
              <td class="nowrap" title={at} data-label="Elapsed">
                {formatMs(Math.max(0, Date.parse(at) - begin))}
              </td>
              <th scope="row" class={tone}>
                {event}
              </th>
              <td data-label="Clause">
                {clause && (
                  <abbr class="clause" title={clauses[clause]}>
                    {clause}
                  </abbr>
                )}
              </td>
              <td data-label="Result">{result}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
};

const Forecast = ({ record: { forecast } }: { record: RolloutRecord }): VNode | null =>
  forecast.length === 0 ? null : (
    <details>
      <summary>Forecast at the start</summary>
      <ul class="plain">
        {forecast.map(({ share, traffic, takesMs, synthetic, cannotFire }) => (
          <li key={share}>
            <b>{share} %</b>: {traffic.requests.toFixed(1)} requests/s and {traffic.payments.toFixed(1)} payments/s
            {synthetic ? ', synthetic load included' : ''};{' '}
            {takesMs === undefined ? 'hold budget expires before a decision' : `decided after ${formatMs(takesMs)}`}.
            {cannotFire.length > 0 && <span class="quiet"> Cannot trigger: {cannotFire.join('; ')}.</span>}
          </li>
        ))}
      </ul>
    </details>
  );
