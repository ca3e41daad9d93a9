import type { VNode } from 'preact';
import type { RunResult, StepRecord } from '../../core/run-result.ts';
import { formatMs } from '../../core/slo.ts';
import { Section } from './components.tsx';

/** The steps of the run over time. */
export const Timeline = ({ result: { steps } }: { result: RunResult }): VNode | null => {
  const known = steps.filter(({ startedAt }) => !Number.isNaN(Date.parse(startedAt)));
  if (known.length === 0) return null;
  const begin = Math.min(...known.map(({ startedAt }) => Date.parse(startedAt)));
  const end = Math.max(...known.map(({ startedAt, durationMs }) => Date.parse(startedAt) + durationMs));
  return (
    <Section id="timeline" title="Timeline">
      <table class="timeline">
        <thead>
          <tr>
            <th scope="col">Step</th>
            <th scope="col">{formatMs(end - begin)} in total</th>
            <th scope="col">Duration</th>
          </tr>
        </thead>
        <tbody>
          {known.map((step) => (
            <TimelineRow key={step.id} step={step} begin={begin} lengthMs={Math.max(1, end - begin)} />
          ))}
        </tbody>
      </table>
    </Section>
  );
};

const TimelineRow = ({ step, begin, lengthMs }: { step: StepRecord; begin: number; lengthMs: number }): VNode => {
  const from = ((Date.parse(step.startedAt) - begin) / lengthMs) * 1000;
  const width = Math.max(4, (step.durationMs / lengthMs) * 1000);
  return (
    <tr>
      <th scope="row">{step.title}</th>
      <td>
        <svg viewBox="0 0 1000 12" preserveAspectRatio="none" aria-hidden="true">
          <rect class="track" width="1000" height="12" />
          <rect class="bar" x={Math.min(from, 996)} width={width} height="12" />
        </svg>
      </td>
      <td class="number">{formatMs(step.durationMs)}</td>
    </tr>
  );
};
