import type { VNode } from 'preact';
import { judgeStage } from '../../core/judge/stage.ts';
import { observedStages } from '../../core/judge/rollout.ts';
import type { RolloutRecord, TimedRolloutEvent } from '../../core/rollout/record.ts';
import { observedMs, sumServed } from '../../core/rollout/observation.ts';
import { formatCount, formatMs, type Slo } from '../../core/slo.ts';
import { clauses } from '../../core/sop.ts';
import { writeEvent } from '../rollout-events.ts';
import { ChartFigure } from './chart-figure.tsx';
import { Section, Status } from './parts.tsx';
import { TrafficBands } from './rollout-bands.tsx';
import { objectiveChart, rolloutPoints } from './rollout-charts.ts';

/** What was shipped, how far it came, what each stage saw, and every event on one line of time. */
export const Rollout = ({ record, slos }: { record: RolloutRecord; slos: readonly Slo[] }): VNode => {
  const { plan, events } = record;
  const points = rolloutPoints(record, slos);
  return (
    <Section id="rollout" title="The rollout">
      <p>
        <b>{plan.release}</b> in the place of <b>{plan.previousRelease ?? 'what ran before'}</b>, {plan.strategy},{' '}
        {plan.strategy === 'blue-green'
          ? `on ${plan.idle} while users were on ${plan.live}`
          : `on the instances of ${plan.live}`}
        . <UsersAffected record={record} />
      </p>
      {events.length === 0 ? <p>It was planned, and nothing was done.</p> : <TrafficBands record={record} />}
      <Stages record={record} slos={slos} />
      {points.length > 1 &&
        slos.map((slo) => (
          <ChartFigure
            key={slo.id}
            title={slo.title}
            unit="at each look; the limit is judged over the whole stage"
            chart={objectiveChart(slo, points)}
            points={points}
          />
        ))}
      <Events events={events} />
      <Forecast record={record} />
    </Section>
  );
};

const UsersAffected = ({ record }: { record: RolloutRecord }): VNode => {
  const users = sumServed(
    observedStages(record).flatMap(({ observations }) => observations),
    'canary',
  );
  if (!users) return <span class="quiet">How many requests of users it answered was not counted.</span>;
  return (
    <>
      It answered <b>{formatCount(users.requests)}</b> requests of users, of which <b>{formatCount(users.failed)}</b>{' '}
      failed.
    </>
  );
};

const Stages = ({ record, slos }: { record: RolloutRecord; slos: readonly Slo[] }): VNode | null => {
  const stages = observedStages(record);
  if (stages.length === 0) return null;
  const { settings } = record.plan;
  return (
    <>
      <h3>Stages</h3>
      <div class="scroll">
        <table class="cards-when-narrow">
          <thead>
            <tr>
              {['Traffic', 'Observed', ...slos.map(({ title }) => title), 'By its counts'].map((name) => (
                <th scope="col" key={name}>
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {stages.map(({ stage, observations }, index) => {
              const verdict = judgeStage({ stage, observations, slos, settings });
              return (
                <tr key={index}>
                  <th scope="row">{stage.share} %</th>
                  <td data-label="Observed">{formatMs(observedMs(observations))}</td>
                  {slos.map((slo) => {
                    const judgement = verdict.judgements.find(({ id }) => id === `stage-${stage.share}.${slo.id}`);
                    return (
                      <td key={slo.id} data-label={slo.title}>
                        {judgement && <Status status={judgement.status} />} {judgement?.actual}
                      </td>
                    );
                  })}
                  <td data-label="By its counts">
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
  const told = events.flatMap((event) => {
    const line = writeEvent(event);
    return line ? [{ ...line, at: event.at }] : [];
  });
  if (told.length === 0) return null;
  return (
    <>
      <h3>Events</h3>
      <table class="cards-when-narrow events">
        <thead>
          <tr>
            {['After', 'What', 'Clause', 'How'].map((name) => (
              <th scope="col" key={name}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {told.map(({ at, what, clause, how, tone }, index) => (
            <tr key={index}>
              <td class="nowrap" title={at} data-label="After">
                {formatMs(Math.max(0, Date.parse(at) - begin))}
              </td>
              <th scope="row" class={tone}>
                {what}
              </th>
              <td data-label="Clause">
                {clause && (
                  <abbr class="clause" title={clauses[clause]}>
                    {clause}
                  </abbr>
                )}
              </td>
              <td data-label="How">{how}</td>
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
      <summary>What was forecast before it began</summary>
      <ul class="plain">
        {forecast.map(({ share, traffic, takesMs, synthetic, cannotFire }) => (
          <li key={share}>
            <b>{share} %</b>: {traffic.requests.toFixed(1)} requests and {traffic.payments.toFixed(1)} payments a second
            {synthetic ? ', our own included' : ''};{' '}
            {takesMs === undefined
              ? 'its time would be spent before it could be judged'
              : `${formatMs(takesMs)} until it can be judged`}
            .{cannotFire.length > 0 && <span class="quiet"> Cannot fire: {cannotFire.join('; ')}.</span>}
          </li>
        ))}
      </ul>
    </details>
  );
