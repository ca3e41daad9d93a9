import type { VNode } from 'preact';
import type { RunResult } from '../../core/run-result.ts';
import { clauses } from '../../core/sop.ts';
import { NotCheckedReason, Section } from './components.tsx';

export const NotCheckedList = ({ result: { notChecked } }: { result: RunResult }): VNode | null =>
  notChecked.length === 0 ? null : (
    <Section id="not-checked" title="Not checked">
      <ul class="plain absent">
        {notChecked.map(({ id, title, clauses: ids, reason, because, required }) => (
          <li key={id} id={`check-${id}`}>
            <NotCheckedReason reason={reason} /> <b>{title}</b>: {because}.
            {required && reason === 'skipped' && <b> Required: without it the verdict cannot be GO.</b>}{' '}
            <span class="quiet">{ids.map((clause) => `${clause} ${clauses[clause]}`).join(' · ')}</span>
          </li>
        ))}
      </ul>
    </Section>
  );
