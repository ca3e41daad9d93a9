import type { VNode } from 'preact';
import type { RunResult } from '../../core/run-result.ts';
import type { Slo } from '../../core/slo.ts';
import { type ClauseId, clauses, isClauseId } from '../../core/sop.ts';
import type { Judgement } from '../../core/verdict.ts';
import { conflictsIn, intervalOf } from '../interval.ts';
import { samplesOf } from '../labels.ts';
import { Files, RequestIds, Section, Status } from './components.tsx';
import { IntervalBar } from './interval.tsx';

/** Every judged clause in the order of the SOP, with its checks. */
export const Clauses = ({ result: { judgements, slos } }: { result: RunResult }): VNode => {
  const judged = Object.keys(clauses)
    .filter(isClauseId)
    .filter((clause) => judgements.some((judgement) => judgement.clauses.includes(clause)));
  return (
    <Section id="clauses" title="Checks by clause">
      {conflictsIn(judgements, slos).map(({ judgement, met, exceeded }) => (
        <p class="note" key={judgement.id}>
          <strong>Conflicting clauses.</strong> <a href={`#check-${judgement.id}`}>{judgement.title}</a> meets clause{' '}
          {met} ({clauses[met]}) and exceeds the rollback criterion {exceeded} ({clauses[exceeded]}). The stricter
          clause applies.
        </p>
      ))}
      {judgements.length === 0 ? (
        <p>Nothing was judged.</p>
      ) : (
        <table class="clauses cards-when-narrow">
          <thead>
            <tr>
              <th scope="col">Status</th>
              <th scope="col">Check</th>
              <th scope="col">Actual</th>
              <th scope="col">Expected</th>
              <th scope="col">Evidence</th>
            </tr>
          </thead>
          {judged.map((clause) => (
            <Clause key={clause} clause={clause} judgements={judgements} slos={slos} />
          ))}
          <BesideSop judgements={judgements} slos={slos} />
        </table>
      )}
    </Section>
  );
};

interface ClauseProps {
  readonly clause: ClauseId;
  readonly judgements: readonly Judgement[];
  readonly slos: readonly Slo[];
}

const Clause = ({ clause, judgements, slos }: ClauseProps): VNode => (
  <tbody>
    <tr class="group">
      <th scope="rowgroup" colSpan={5} id={`clause-${clause}`}>
        <span class="clause">{clause}</span> {clauses[clause]}
      </th>
    </tr>
    {judgements
      .filter((judgement) => judgement.clauses.includes(clause))
      .map((judgement) =>
        judgement.clauses[0] === clause ? (
          <JudgementRow key={judgement.id} judgement={judgement} slos={slos} />
        ) : (
          <tr key={judgement.id}>
            <td data-label="Status">
              <Status status={judgement.status} />
            </td>
            <td colSpan={4}>
              <a href={`#check-${judgement.id}`}>{judgement.title}</a>{' '}
              <span class="quiet">(see {judgement.clauses[0]})</span>
            </td>
          </tr>
        ),
      )}
  </tbody>
);

/** Checks that no clause asks for, such as the freeze windows of a target. */
const BesideSop = ({ judgements, slos }: Omit<ClauseProps, 'clause'>): VNode | null => {
  const others = judgements.filter((judgement) => judgement.clauses.length === 0);
  return others.length === 0 ? null : (
    <tbody>
      <tr class="group">
        <th scope="rowgroup" colSpan={5}>
          Beside the SOP
        </th>
      </tr>
      {others.map((judgement) => (
        <JudgementRow key={judgement.id} judgement={judgement} slos={slos} />
      ))}
    </tbody>
  );
};

const JudgementRow = ({ judgement, slos }: { judgement: Judgement; slos: readonly Slo[] }): VNode => {
  const interval = intervalOf(judgement, slos);
  const samples = samplesOf(judgement);
  const { id, status, title, because, actual, expected, requestIds, evidence } = judgement;
  return (
    <tr id={`check-${id}`} class={status === 'pass' ? undefined : 'stands-out'}>
      <td data-label="Status">
        <Status status={status} />
      </td>
      <td data-label="Check">
        <a class="anchor" href={`#check-${id}`}>
          {title}
        </a>
        <p class="quiet">{because}</p>
        <RequestIds ids={requestIds} limit={3} />
      </td>
      <td data-label="Actual">
        {actual}
        {samples && <span class="quiet nowrap"> ({samples})</span>}
        {interval && <IntervalBar interval={interval} />}
      </td>
      <td data-label="Expected">{expected}</td>
      <td data-label="Evidence">
        <Files files={evidence} limit={2} />
        {evidence.length === 0 && <a href="evidence.json">evidence.json</a>}
      </td>
    </tr>
  );
};
