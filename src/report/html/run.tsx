import type { VNode } from 'preact';
import type { RunResult, StepRecord } from '../../core/run-result.ts';
import { formatMs } from '../../core/slo.ts';
import { clauses } from '../../core/sop.ts';
import { LeftOut, Section } from './parts.tsx';

export const Absent = ({ result: { notChecked } }: { result: RunResult }): VNode | null =>
  notChecked.length === 0 ? null : (
    <Section id="not-checked" title="Not checked">
      <ul class="plain absent">
        {notChecked.map(({ id, title, clauses: asked, reason, because, required }) => (
          <li key={id} id={`check-${id}`}>
            <LeftOut reason={reason} /> <b>{title}</b>: {because}.
            {required && reason === 'skipped' && <b> It is required: without it there is no Go.</b>}{' '}
            <span class="quiet">{asked.map((clause) => `${clause} ${clauses[clause]}`).join(' · ')}</span>
          </li>
        ))}
      </ul>
    </Section>
  );

/** Where the time went. */
export const Timeline = ({ result: { steps } }: { result: RunResult }): VNode | null => {
  const known = steps.filter(({ startedAt }) => !Number.isNaN(Date.parse(startedAt)));
  if (known.length === 0) return null;
  const begin = Math.min(...known.map(({ startedAt }) => Date.parse(startedAt)));
  const end = Math.max(...known.map(({ startedAt, durationMs }) => Date.parse(startedAt) + durationMs));
  return (
    <Section id="timeline" title="Where the time went">
      <table class="timeline">
        <thead>
          <tr>
            <th scope="col">Step</th>
            <th scope="col">{formatMs(end - begin)} in all</th>
            <th scope="col">Took</th>
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

export const Tools = ({ result: { tools, schemaVersion } }: { result: RunResult }): VNode => (
  <footer>
    <p>
      {tools.map(({ name, version }) => `${name} ${version}`).join(' · ')}
      {tools.length > 0 && ' · '}verdict.json version {schemaVersion}
    </p>
    <p>
      Beside this page: <a href="verdict.json">verdict.json</a>, <a href="evidence.json">evidence.json</a>,{' '}
      <a href="journal.ndjson">journal.ndjson</a>, <a href="junit.xml">junit.xml</a>,{' '}
      <a href="summary.md">summary.md</a>
    </p>
  </footer>
);
