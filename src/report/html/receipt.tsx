import type { VNode } from 'preact';
import type { Intervention } from '../../core/rollout/intervention.ts';
import type { Receipt, ReceiptStep } from '../../core/rollout/receipt.ts';
import { clauses } from '../../core/sop.ts';
import { formatInstant, unbreakable } from '../labels.ts';
import { receiptDuration, receiptLabels, trafficBackLine } from '../receipt.ts';
import { Icon, Section } from './components.tsx';

/** Each step of a rollback, its duration and its proof. */
export const RollbackReceipt = ({ receipt }: { receipt: Receipt }): VNode => (
  <Section id="rollback" title="Rollback receipt">
    <p>
      Decided at {formatInstant(receipt.startedAt)}: {receipt.because}
    </p>
    <p>
      <b>{unbreakable(trafficBackLine(receipt))}</b>
    </p>
    <div class="scroll">
      <table class="cards-when-narrow">
        <thead>
          <tr>
            {['Clause', 'Step', 'Result', 'Duration', 'Proof'].map((name) => (
              <th scope="col" key={name}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {receipt.steps.map((step, index) => (
            <ReceiptRow step={step} key={index} />
          ))}
        </tbody>
      </table>
    </div>
  </Section>
);

const shapes = { done: 'good', problem: 'unsure', failed: 'bad', skipped: 'absent', open: 'unsure' } as const;

const ReceiptRow = ({ step }: { step: ReceiptStep }): VNode => (
  <tr>
    <td data-label="Clause" title={clauses[step.clause]}>
      {step.clause}
    </td>
    <th scope="row">{step.title}</th>
    <td data-label="Result">
      <span class={`status ${shapes[step.status]}`}>
        <Icon shape={shapes[step.status]} /> {receiptLabels[step.status]}
      </span>
    </td>
    <td data-label="Duration">{unbreakable(receiptDuration(step))}</td>
    <td data-label="Proof">
      {step.proof}
      {step.problems.map((problem, index) => (
        <div class="unsure" key={index}>
          {problem}
        </div>
      ))}
    </td>
  </tr>
);

/** What an operator has to know and to type where a rollback could not be completed. */
export const InterventionPage = ({ intervention }: { intervention: Intervention }): VNode => (
  <Section id="intervention" title="Intervention required">
    <h3>What is true now</h3>
    <ul>
      {intervention.now.map((line, index) => (
        <li key={index}>{line}</li>
      ))}
    </ul>
    <h3>What was tried and is not done</h3>
    <ul>
      {intervention.tried.map((line, index) => (
        <li key={index}>{line}</li>
      ))}
    </ul>
    <h3>What to type</h3>
    {intervention.commands.map(({ purpose, command }, index) => (
      <div key={index}>
        <p>{purpose}:</p>
        <pre>{command}</pre>
      </div>
    ))}
  </Section>
);
