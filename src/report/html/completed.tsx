import type { VNode } from 'preact';
import { type CrashesEvidence, type CrashReport, noveltyOf } from '../../core/crashes.ts';
import type { RunEvidence } from '../../core/run-result.ts';
import { formatCount } from '../../core/slo.ts';
import type { FinalizeEvidence } from '../../core/tracked-release.ts';
import { Address, FactList, Section } from './components.tsx';

type Completed = Pick<RunEvidence, 'finalized' | 'crashes'>;

/** Whether a run has something of section 3.3 to show beside its judgements. */
export const hasCompleted = ({ finalized, crashes }: Completed): boolean =>
  (finalized !== undefined && 'kind' in finalized) || (crashes !== undefined && 'kind' in crashes);

/** Clauses 3.3a and 3.3b: what Sentry and Crashlytics returned after the watch. */
export const Completed = ({ finalized, crashes }: Completed): VNode => (
  <Section id="completed" title="After the watch">
    {finalized && 'kind' in finalized && <Deploy finalized={finalized} />}
    {crashes && 'kind' in crashes && <Crashes crashes={crashes} />}
  </Section>
);

const Deploy = ({ finalized: { deployed, release, deploy } }: { finalized: FinalizeEvidence }): VNode => {
  const facts: readonly (readonly [string, string])[] = [
    ['Release in Sentry', release?.version ?? 'not read back'],
    ['Finalized', release?.dateReleased ?? 'no'],
    ['Deploy', deploy?.name ?? 'not listed'],
    ['Environment', deploy?.environment ?? deployed.environment],
    ['Started', deploy?.dateStarted ?? 'not listed'],
    ['Finished', deploy?.dateFinished ?? 'not listed'],
  ];
  return <FactList facts={facts} />;
};

const Crashes = ({ crashes: { report, attestation } }: { crashes: CrashesEvidence }): VNode => (
  <>
    {attestation && (
      <p>
        Crashes attested by <b>{attestation.by}</b>, who reviewed: {attestation.reviewed}
      </p>
    )}
    {report && <CrashTable report={report} />}
  </>
);

const CrashTable = ({ report: { issues, versions, version, from, to } }: { report: CrashReport }): VNode => (
  <>
    <p class="quiet">
      Crashlytics, version {version}, {from} to {to}. Versions with events:{' '}
      {versions.map(({ name, events }) => `${name} (${formatCount(events)})`).join(', ') || 'none'}.
    </p>
    {issues.length > 0 && (
      <table>
        <thead>
          <tr>
            <th scope="col">Fatal issue</th>
            <th scope="col">New or regressed</th>
            <th scope="col">First seen in</th>
            <th scope="col">State</th>
            <th scope="col">Events</th>
            <th scope="col">Users</th>
            <th scope="col">Address</th>
          </tr>
        </thead>
        <tbody>
          {issues.map((issue) => {
            const novelty = noveltyOf(issue, version);
            return (
              <tr key={issue.id} class={novelty === undefined ? undefined : 'stands-out'}>
                <td>
                  {issue.title} <span class="quiet">{issue.subtitle}</span>
                </td>
                <td>{novelty ?? 'no'}</td>
                <td>{issue.firstSeenVersion}</td>
                <td>{issue.state}</td>
                <td class="number">{formatCount(issue.events)}</td>
                <td class="number">{formatCount(issue.users)}</td>
                <td>{issue.uri !== undefined && <Address url={issue.uri} />}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    )}
  </>
);
