import type { VNode } from 'preact';
import { type ChecklistRow, checklistSections } from '../../core/checklist.ts';
import { checklistOfRun, coversSop } from '../../core/run-checklist.ts';
import type { RunResult } from '../../core/run-result.ts';
import type { Slo } from '../../core/slo.ts';
import { clauses } from '../../core/sop.ts';
import type { Judgement, NotChecked } from '../../core/verdict.ts';
import { conflictsIn, intervalOf } from '../interval.ts';
import { samplesOf } from '../labels.ts';
import { Files, Icon, RequestIds, Section, Status, statusIcons } from './components.tsx';
import { IntervalBar } from './interval.tsx';

/** The clauses in the order and words of the SOP, each with its checks: of a whole release all of them, else those judged. */
export const Clauses = ({ result }: { result: RunResult }): VNode => {
  const { judgements, notChecked, slos } = result;
  const whole = coversSop(result);
  const rows = checklistOfRun(result).filter(({ checks }) => whole || checks.length > 0);
  return (
    <Section id="clauses" title={whole ? 'Go/No-Go checklist' : 'Checks by clause'}>
      {whole && <Index rows={rows} />}
      {conflictsIn(judgements, slos).map(({ judgement, met, exceeded }) => (
        <p class="note" key={judgement.id}>
          <strong>Conflicting clauses.</strong> <a href={`#check-${judgement.id}`}>{judgement.title}</a> meets clause{' '}
          {met} ({clauses[met]}) and exceeds the rollback criterion {exceeded} ({clauses[exceeded]}). The stricter
          clause applies.
        </p>
      ))}
      {judgements.length + rows.length === 0 ? (
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
          {checklistSections(rows).map(({ id, title, rows: own }) => [
            whole && (
              <tbody key={id}>
                <tr class="sop">
                  <th scope="rowgroup" colSpan={5}>
                    {title}
                  </th>
                </tr>
              </tbody>
            ),
            ...own.map((row) => (
              <Clause
                key={row.clause}
                row={row}
                judgements={judgements}
                missing={whole ? notChecked : []}
                slos={slos}
              />
            )),
          ])}
          <BesideSop judgements={judgements} slos={slos} />
        </table>
      )}
    </Section>
  );
};

/** Every clause on a few lines: a line of the SOP is found by its number. */
const Index = ({ rows }: { rows: readonly ChecklistRow[] }): VNode => (
  <ul class="inline clause-index" aria-label="Clauses">
    {rows.map(({ clause, status, title }) => {
      const { shape, label } = statusIcons[status];
      return (
        <li key={clause} class={shape}>
          <a href={`#clause-${clause}`} title={`${title}: ${label}`}>
            <Icon shape={shape} /> {clause}
          </a>
        </li>
      );
    })}
  </ul>
);

interface ClauseProps {
  readonly row: ChecklistRow;
  readonly judgements: readonly Judgement[];
  readonly missing: readonly NotChecked[];
  readonly slos: readonly Slo[];
}

const Clause = ({ row: { clause, title, status, because, checks }, judgements, missing, slos }: ClauseProps): VNode => {
  const own = judgements.filter((judgement) => judgement.clauses.includes(clause));
  const others = missing.filter((check) => check.clauses.includes(clause));
  // A rollback criterion is judged by the checks of an objective.
  const related = judgements.filter(({ id }) => own.length === 0 && checks.includes(id));
  return (
    <tbody>
      <tr class="group">
        <th scope="rowgroup" colSpan={5} id={`clause-${clause}`}>
          <Status status={status} /> <span class="clause">{clause}</span> {title}
        </th>
      </tr>
      {own.map((judgement) =>
        judgement.clauses[0] === clause ? (
          <JudgementRow key={judgement.id} judgement={judgement} slos={slos} />
        ) : (
          <Reference key={judgement.id} judgement={judgement} />
        ),
      )}
      {related.map((judgement) => (
        <Reference key={judgement.id} judgement={judgement} />
      ))}
      {others.map(({ id, title: name, reason, because: why }) => (
        <tr key={id}>
          <td data-label="Status">
            <Status status={reason === 'skipped' ? 'skipped' : 'not-applicable'} />
          </td>
          <td colSpan={4}>
            <a href={`#check-${id}`}>{name}</a> <span class="quiet">{why}</span>
          </td>
        </tr>
      ))}
      {own.length + related.length + others.length === 0 && (
        <tr>
          <td colSpan={5}>
            <span class="quiet">{because}</span> {clause.startsWith('4.2.') && <a href="#rollback">Rollback receipt</a>}
          </td>
        </tr>
      )}
    </tbody>
  );
};

/** Checks that no clause asks for, such as the freeze windows of a target. */
const BesideSop = ({ judgements, slos }: Pick<ClauseProps, 'judgements' | 'slos'>): VNode | null => {
  const others = judgements.filter(({ clauses: of }) => of.length === 0);
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

/** A check that is listed under another clause. */
const Reference = ({ judgement: { id, status, title, clauses: of } }: { judgement: Judgement }): VNode => (
  <tr>
    <td data-label="Status">
      <Status status={status} />
    </td>
    <td colSpan={4}>
      <a href={`#check-${id}`}>{title}</a> <span class="quiet">(listed at {of[0]})</span>
    </td>
  </tr>
);

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
