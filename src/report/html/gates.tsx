import type { VNode } from 'preact';
import { type GateEvidence, gates } from '../../core/gate.ts';
import { formatMs } from '../../core/slo.ts';
import { Files, OutputTail, Section } from './components.tsx';

/** Clause 1.1: what each gate ran, for how long, and what it reported first. */
export const Gates = ({ evidence }: { evidence: readonly GateEvidence[] }): VNode => (
  <Section id="gates" title="Quality gates">
    <table>
      <thead>
        <tr>
          <th scope="col">Gate</th>
          <th scope="col">Command</th>
          <th scope="col">Duration</th>
          <th scope="col">Exit code</th>
          <th scope="col">First finding</th>
        </tr>
      </thead>
      <tbody>
        {evidence.map(({ gate, outcome, report, problems }) => (
          <tr key={gate} class={report && report.failed === 0 && outcome.exitCode === 0 ? undefined : 'stands-out'}>
            <td>{gates[gate].title}</td>
            <td>
              <code>{outcome.command.join(' ')}</code>
            </td>
            <td class="number">{formatMs(outcome.durationMs)}</td>
            <td class="number">{outcome.exitCode ?? 'none'}</td>
            <td>{report?.firstFailure ?? problems[0] ?? ''}</td>
          </tr>
        ))}
      </tbody>
    </table>
    {evidence.map(({ gate, outcome, files }) => (
      <div key={gate}>
        <OutputTail title={`Output of ${outcome.command.join(' ')}`} text={outcome.stdout || outcome.stderr} />
        <Files files={files} />
      </div>
    ))}
  </Section>
);
