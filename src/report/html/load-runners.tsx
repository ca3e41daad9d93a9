import type { VNode } from 'preact';
import type { LoadRunner } from '../../core/load-runner.ts';
import { formatCount, formatMs } from '../../core/slo.ts';
import { Status } from './components.tsx';

/** Each k6 of a load that several sent together, one line each. */
export const Runners = ({ runners }: { runners: readonly LoadRunner[] }): VNode => (
  <ul class="plain">
    {runners.map((runner) => (
      <li key={runner.number}>
        <Status status={runner.exitCode === 0 && runner.requests !== undefined ? 'pass' : 'error'} /> Runner{' '}
        {runner.number} of {runners.length}: {describe(runner)}
        {runner.pod !== undefined && <span class="quiet"> pod {runner.pod}</span>}
      </li>
    ))}
  </ul>
);

function describe({ requests, exitCode, reason, lateMs, heartbeatLateMs }: LoadRunner): string {
  const parts = [
    requests === undefined ? 'left no counts' : `${formatCount(requests)} requests`,
    exitCode === null ? 'no exit code' : `exit code ${exitCode}`,
    ...(reason === undefined || reason === '' ? [] : [reason]),
    ...(lateMs === undefined ? [] : [`started ${formatMs(lateMs)} after the first`]),
    ...(heartbeatLateMs === undefined ? [] : [`its own delay ${formatMs(heartbeatLateMs)} (P95)`]),
  ];
  return parts.join(', ');
}
