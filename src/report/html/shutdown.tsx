import type { VNode } from 'preact';
import type { ShutdownEvidence } from '../../core/shutdown-evidence.ts';
import { formatMs } from '../../core/slo.ts';
import { plural } from '../labels.ts';
import { Files, Problems, Section } from './components.tsx';

export const Shutdown = ({ shutdown }: { shutdown: ShutdownEvidence }): VNode => {
  const { inFlight, stopExitCode, stopDurationMs, startedAgain, problems, files } = shutdown;
  return (
    <Section id="shutdown" title="Graceful shutdown">
      <Problems problems={problems} />
      <p>
        Stopped with {plural(inFlight.length, 'request')} in flight: exit code {stopExitCode ?? 'none'} after{' '}
        {formatMs(stopDurationMs)}; {startedAgain ? 'ready again after the restart.' : 'not ready after the restart.'}
      </p>
      {inFlight.length > 0 && (
        <table>
          <thead>
            <tr>
              <th scope="col">Response</th>
              <th scope="col">Duration</th>
              <th scope="col">Request id</th>
            </tr>
          </thead>
          <tbody>
            {inFlight.map(({ status, error, durationMs, requestId }, index) => (
              <tr key={index} class={status === null || status >= 500 ? 'stands-out' : undefined}>
                <td>{status ?? `none: ${error ?? 'connection closed'}`}</td>
                <td class="number">{formatMs(durationMs)}</td>
                <td>
                  <code>{requestId}</code>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <Files files={files} />
    </Section>
  );
};
