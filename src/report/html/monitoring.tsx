import type { VNode } from 'preact';
import { type AlertEvidence, type AlertRule, alerts } from '../../core/alerts.ts';
import { describeThreshold } from '../../core/judge/alert-words.ts';
import { objectiveOf } from '../../core/judge/alerts.ts';
import type { MonitoringEvidence } from '../../core/monitoring.ts';
import type { CheckPlan } from '../../core/plan.ts';
import { describeObjective } from '../../core/slo.ts';
import { FactList, Section } from './components.tsx';

/** Clauses 1.4a and 1.4b: the release in Sentry, and every alert rule that was found. */
export const Monitoring = ({ evidence, plan }: { evidence: MonitoringEvidence; plan: CheckPlan }): VNode => (
  <Section id="monitoring" title="Monitoring">
    <TrackedRelease release={evidence.release} />
    {evidence.alerts.found.length > 0 && (
      <table>
        <thead>
          <tr>
            <th scope="col">Alert</th>
            <th scope="col">Source</th>
            <th scope="col">Rule</th>
            <th scope="col">Condition</th>
            <th scope="col">Objective</th>
            <th scope="col">Alerts</th>
            <th scope="col">State</th>
          </tr>
        </thead>
        <tbody>
          {evidence.alerts.found.flatMap((found) => {
            const slo = objectiveOf(found.alert, plan, evidence.alerts);
            const wanted = slo ? describeObjective(slo) : 'none';
            const rules = found.candidates.length === 0 ? [undefined] : found.candidates;
            return rules.map((rule, index) => (
              <AlertRow key={`${found.alert} ${found.source} ${index}`} found={found} rule={rule} wanted={wanted} />
            ));
          })}
        </tbody>
      </table>
    )}
  </Section>
);

const AlertRow = ({
  found: { alert, source, readFrom, problem },
  rule,
  wanted,
}: {
  found: AlertEvidence;
  rule: AlertRule | undefined;
  wanted: string;
}): VNode => {
  const state = rule ? stateOf(rule) : (problem ?? 'no rule');
  return (
    <tr class={state === 'active, not firing' ? undefined : 'stands-out'}>
      <td>{alerts[alert].title.replace(/^Alert rule: /, '')}</td>
      <td>
        {{ sentry: 'Sentry', prometheus: 'Prometheus' }[source]} <span class="quiet">{readFrom}</span>
      </td>
      <td>{rule?.name ?? ''}</td>
      <td>
        {rule && (
          <>
            <code>{rule.measured}</code> <span class="quiet">{rule.query}</span>
          </>
        )}
      </td>
      <td>{wanted}</td>
      <td>{rule ? describeThreshold(rule) : ''}</td>
      <td>{state}</td>
    </tr>
  );
};

function stateOf({ inactive, unknown, firing }: AlertRule): string {
  const [reason] = [...inactive, ...unknown];
  if (reason !== undefined) return reason;
  return firing === undefined ? 'active' : firing ? 'firing' : 'active, not firing';
}

const TrackedRelease = ({ release }: { release: MonitoringEvidence['release'] }): VNode | null => {
  if (!('kind' in release) || !release.release) return null;
  const { version, projects, commitCount, lastCommit, dateStarted, dateCreated } = release.release;
  const facts: readonly (readonly [string, string])[] = [
    ['Release in Sentry', version],
    ['Projects', projects.join(', ')],
    ['Commits', `${commitCount}${lastCommit === undefined ? '' : `, the last one ${lastCommit}`}`],
    ['Previous commit', release.commits?.previousSha ?? 'none'],
    ['Start', dateStarted ?? `${dateCreated}, when it was created`],
  ];
  return <FactList facts={facts} />;
};
