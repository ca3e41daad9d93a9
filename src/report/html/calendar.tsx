import type { VNode } from 'preact';
import { type CalendarEvidence, formatInZone, periodState } from '../../core/calendar.ts';
import { Section } from './components.tsx';

/** The freeze windows of the target: the period that is open, or the next one. */
export const Calendar = ({ evidence }: { evidence: CalendarEvidence }): VNode => (
  <Section id="calendar" title="Freeze windows">
    <table>
      <thead>
        <tr>
          <th scope="col">Window</th>
          <th scope="col">State</th>
          <th scope="col">From</th>
          <th scope="col">Until</th>
        </tr>
      </thead>
      <tbody>
        {evidence.periods.map((period) => (
          <tr
            key={`${period.from} ${period.reason}`}
            class={periodState(period, evidence.at) === 'open' ? 'stands-out' : undefined}
          >
            <td>{period.reason}</td>
            <td class="nowrap">{periodState(period, evidence.at)}</td>
            <td>{formatInZone(period.from, period.zone)}</td>
            <td>{formatInZone(period.until, period.zone)}</td>
          </tr>
        ))}
      </tbody>
    </table>
    {evidence.hotfix !== undefined && <p>Hotfix: {evidence.hotfix}</p>}
  </Section>
);
