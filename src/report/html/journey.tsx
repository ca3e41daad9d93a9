import type { VNode } from 'preact';
import type { JourneyStep, SmokeEvidence } from '../../core/evidence.ts';
import { parseTag } from '../../core/finding-tag.ts';
import { formatCount, formatMs } from '../../core/slo.ts';
import type { JudgementStatus } from '../../core/verdict.ts';
import { plural } from '../labels.ts';
import { FailedAssertions, Files, OutputTail, Problems, RequestIds, Section, Status } from './components.tsx';

/** The steps of the smoke journey as each tool reported them. */
export const Journey = ({ smoke, api }: { smoke: readonly SmokeEvidence[]; api: string }): VNode | null =>
  smoke.length === 0 ? null : (
    <Section id="journey" title="Smoke journey">
      {smoke.map((evidence) => (
        <ToolReport key={evidence.outcome.tool} evidence={evidence} api={api} />
      ))}
    </Section>
  );

const ToolReport = ({ evidence, api }: { evidence: SmokeEvidence; api: string }): VNode => {
  const { outcome, steps, files, problems } = evidence;
  const passed = steps.filter(({ status }) => status === 'pass').length;
  const applicable = steps.filter(({ status }) => status !== 'not-applicable').length;
  const assertions = steps.reduce((sum, step) => sum + step.assertions.length, 0);
  const status = statusOf(evidence);
  return (
    <details class="journey" open={status !== 'pass'}>
      <summary>
        <Status status={status} /> <b>{outcome.tool}</b> {outcome.version}: {passed} of {plural(applicable, 'step')}{' '}
        passed, {plural(assertions, 'assertion')}, {formatMs(outcome.durationMs)}
      </summary>
      <Problems problems={problems} />
      {steps.length > 0 && <Steps steps={steps} api={api} />}
      <Files files={files} />
      {outcome.exitCode !== 0 && (
        <>
          <p class="quiet">
            Ended with {outcome.signal ?? `exit code ${outcome.exitCode}`}
            {outcome.timedOut && ' after its time limit'}.
          </p>
          <OutputTail title="End of its output" text={outcome.stderr || outcome.stdout} />
        </>
      )}
    </details>
  );
};

/** The status by the tool's own report; the judgements above may be stricter. */
function statusOf({ steps, problems, outcome }: SmokeEvidence): JudgementStatus {
  if (steps.some(({ status }) => status === 'fail' || status === 'flaky')) return 'fail';
  if (problems.length > 0 || steps.length === 0 || outcome.exitCode !== 0) return 'error';
  return steps.every(({ status }) => status === 'pass' || status === 'not-applicable') ? 'pass' : 'inconclusive';
}

const groupOf = ({ project, group }: JourneyStep): string => (project === undefined ? group : `${project}: ${group}`);

const Steps = ({ steps, api }: { steps: readonly JourneyStep[]; api: string }): VNode => (
  <table class="steps cards-when-narrow">
    <thead>
      <tr>
        {['Status', 'Step', 'Request', 'HTTP', 'Duration', 'Request ids'].map((name) => (
          <th scope="col" key={name}>
            {name}
          </th>
        ))}
      </tr>
    </thead>
    {[...new Set(steps.map(groupOf))].map((group) => (
      <tbody key={group}>
        <tr class="group">
          <th scope="rowgroup" colSpan={6}>
            {group}
          </th>
        </tr>
        {steps
          .filter((step) => groupOf(step) === group)
          .map((step) => (
            <StepRow key={step.name} step={step} api={api} />
          ))}
      </tbody>
    ))}
  </table>
);

const StepRow = ({ step, api }: { step: JourneyStep; api: string }): VNode => {
  const { status, name, method, url, httpStatus, durationMs, requestIds, tries } = step;
  return (
    <>
      <tr class={status === 'pass' ? undefined : 'stands-out'}>
        <td data-label="Status">
          <Status status={status} />
        </td>
        <td data-label="Step">
          {parseTag(name).text}
          {tries !== undefined && <span class="quiet"> asked {formatCount(tries)} times</span>}
        </td>
        <td data-label="Request">{url !== undefined && <code>{[method, pathOf(url, api)].join(' ')}</code>}</td>
        <td data-label="HTTP" class="number">
          {httpStatus}
        </td>
        <td data-label="Duration" class="number">
          {formatMs(durationMs)}
        </td>
        <td data-label="Request ids">
          <RequestIds ids={requestIds} />
        </td>
      </tr>
      <FailureDetails step={step} />
    </>
  );
};

/** Failed assertions over the whole width; attachments of a step that passed, too. */
const FailureDetails = ({ step }: { step: JourneyStep }): VNode | null => {
  const { assertions, error, attachments, elsewhere = [] } = step;
  if (error === undefined && attachments.length + elsewhere.length === 0 && assertions.every(({ ok }) => ok))
    return null;
  return (
    <tr class="details">
      <td />
      <td colSpan={5}>
        {elsewhere.length > 0 && <p>Asked {elsewhere.join(', ')}, which is not this target.</p>}
        <FailedAssertions assertions={assertions} />
        {error && <pre>{error}</pre>}
        <Files files={attachments} />
      </td>
    </tr>
  );
};

/** Without the target's own address, which is at the top of the page. */
const pathOf = (url: string, api: string): string => (url.startsWith(`${api}/`) ? url.slice(api.length) : url);
