import type { VNode } from 'preact';
import { type EvidenceTrace, traceEvidence } from '../../core/judge/trace.ts';
import type { RolloutRecord } from '../../core/rollout/record.ts';
import { formatCount, formatMs, formatRate, type Slo } from '../../core/slo.ts';
import { ChartFigure } from './chart-figure.tsx';
import { evidenceChart, peaksOf, sharesChart } from './evidence-charts.ts';

/** Why it was decided when it was: the evidence against its thresholds over time, and the shares that users got. */
export const Evidence = ({ record, slos }: { record: RolloutRecord; slos: readonly Slo[] }): VNode | null => {
  const trace = traceEvidence(record, slos);
  const evidence = evidenceChart(trace);
  const shares = sharesChart(trace);
  if (!evidence && !shares) return null;
  return (
    <>
      {evidence && (
        <ChartFigure
          title="Evidence"
          unit="against the canary, on a log scale from none (E = 1) to the threshold that decides"
          chart={evidence.chart}
          points={evidence.points}
        />
      )}
      <Decision trace={trace} />
      <Lanes trace={trace} />
      {shares && (
        <ChartFigure
          title="Share of traffic"
          unit="of the canary: set in the router, and of the requests of users that it served"
          chart={shares.chart}
          points={shares.points}
        />
      )}
    </>
  );
};

const lines = {
  smoke: 'the smoke test',
  fast: 'the fast lane',
  breach: 'the rollback lanes',
  sop: "the SOP's literal rule",
  hold: 'the hold lanes, or the time of the stage',
  proofs: 'the proofs',
  'watch-end': 'the end of the watch',
} as const;

const Decision = ({ trace: { decision, affected, spared } }: { trace: EvidenceTrace }): VNode | null => {
  if (!decision && !affected) return null;
  return (
    <p>
      {decision && (
        <>
          Decided after <b>{formatMs(decision.second * 1000)}</b> at {decision.share} % by <b>{lines[decision.line]}</b>
          : {decision.because.replace(/\.?$/, '.')}{' '}
        </>
      )}
      {affected && (
        <>
          Users affected: <b>{formatCount(affected.failed)}</b> failed requests of {formatCount(affected.requests)} on
          the canary.{' '}
        </>
      )}
      {spared && (
        <>
          Users spared: about <b>{formatCount(spared.events)}</b> failures, which a poller with five failed minutes
          would have let through in the {formatMs(spared.laterSeconds * 1000)} until its own rollback, at the rate seen.
        </>
      )}
    </p>
  );
};

const Lanes = ({ trace }: { trace: EvidenceTrace }): VNode | null => {
  const peaks = peaksOf(trace);
  if (peaks.length === 0) return null;
  return (
    <details>
      <summary>Lanes ({formatCount(peaks.length)})</summary>
      <table class="cards-when-narrow">
        <thead>
          <tr>
            {['Lane', 'Decides', 'Highest evidence', 'Threshold', 'At'].map((name) => (
              <th scope="col" key={name}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {peaks.map(({ lane, part, second }) => (
            <tr key={lane.id}>
              <th scope="row">{lane.title}</th>
              <td data-label="Decides">{lane.group === 'hold' ? 'HOLD' : 'NO-GO'}</td>
              <td data-label="Highest evidence">
                E = {formatEvidence(part * lane.threshold)} ({formatRate(part)})
              </td>
              <td data-label="Threshold">E = {formatEvidence(lane.threshold)}</td>
              <td data-label="At">{formatMs(second * 1000)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
};

/** An e-value from its log; large ones as a power of ten. */
const formatEvidence = (log: number): string => {
  const digits = log / Math.LN10;
  return digits < 5 ? formatCount(Math.round(Math.exp(log))) : `10^${digits.toFixed(1)}`;
};
