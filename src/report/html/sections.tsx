import type { VNode } from 'preact';
import { coversSop } from '../../core/run-checklist.ts';
import type { RunEvidence, RunResult } from '../../core/run-result.ts';
import { Artifacts } from './artifacts.tsx';
import { Calendar } from './calendar.tsx';
import { Clauses } from './clauses.tsx';
import { Completed, hasCompleted } from './completed.tsx';
import { Database } from './database.tsx';
import { Gates } from './gates.tsx';
import { Journey } from './journey.tsx';
import { Load } from './load.tsx';
import { Metrics } from './metrics.tsx';
import { Monitoring } from './monitoring.tsx';
import { NotCheckedList } from './not-checked.tsx';
import { Probes } from './probes.tsx';
import { RollbackReceipt } from './receipt.tsx';
import { ReleaseNotesSection } from './release-notes.tsx';
import { Rollout } from './rollout.tsx';
import { Shutdown } from './shutdown.tsx';
import { Timeline } from './timeline.tsx';

interface Section {
  /** Its anchor. */
  readonly id: string;
  readonly name: string;
  readonly node: VNode;
}
type Given = readonly [id: string, name: string, node: VNode | false | null | undefined];

/** The sections that this run has. Those of a whole release are in the SOP's order, after the checklist that links to them. */
export function sectionsOf(result: RunResult, evidence: RunEvidence): readonly Section[] {
  const whole = coversSop(result);
  const checklist: Given = ['clauses', whole ? 'Go/No-Go checklist' : 'Clauses', <Clauses result={result} />];
  const receipt: Given = [
    'rollback',
    'Rollback receipt',
    result.rollout?.receipt && <RollbackReceipt receipt={result.rollout.receipt} />,
  ];
  const rollout: Given = [
    'rollout',
    'Rollout',
    evidence.rollout && <Rollout record={evidence.rollout} slos={result.slos} />,
  ];
  const before = preflightSections(evidence);
  const given: readonly Given[] = [
    ...(whole ? [checklist, receipt, ...before, rollout] : [receipt, rollout, checklist, ...before]),
    ...verificationSections(result, evidence),
    ['not-checked', 'Not checked', result.notChecked.length > 0 && <NotCheckedList result={result} />],
    ['timeline', 'Timeline', result.steps.length > 0 && <Timeline result={result} />],
  ];
  return given.flatMap(([id, name, node]) => (node ? [{ id, name, node }] : []));
}

const preflightSections = ({ calendar, gates, database, artifacts, monitoring, plan }: RunEvidence): Given[] => [
  ['calendar', 'Freeze windows', calendar && calendar.periods.length > 0 && <Calendar evidence={calendar} />],
  ['gates', 'Quality gates', gates && gates.length > 0 && <Gates evidence={gates} />],
  ['database', 'Migrations', database && 'driver' in database && <Database evidence={database} />],
  ['artifacts', 'Artifacts', artifacts && <Artifacts evidence={artifacts} />],
  ['monitoring', 'Monitoring', monitoring && <Monitoring evidence={monitoring} plan={plan} />],
];

function verificationSections({ slos, addresses }: RunResult, evidence: RunEvidence): Given[] {
  const { health, readiness, dependencies, aftermath, load, metrics, shutdown, smoke, releaseNotes } = evidence;
  const isProbed = [health, readiness, dependencies, aftermath].some((probe) => probe !== undefined);
  return [
    ['load', 'Load', load && <Load load={load} slos={slos} />],
    ['readiness', 'Health and readiness', isProbed && <Probes evidence={evidence} />],
    ['journey', 'Smoke journey', smoke.length > 0 && <Journey smoke={smoke} api={addresses.api} />],
    ['metrics', 'Metrics', metrics && <Metrics metrics={metrics} slos={slos} />],
    ['completed', 'After the watch', hasCompleted(evidence) && <Completed {...evidence} />],
    ['shutdown', 'Shutdown', shutdown && <Shutdown shutdown={shutdown} />],
    [
      'release-notes',
      'Release notes',
      releaseNotes && 'file' in releaseNotes && <ReleaseNotesSection evidence={releaseNotes} />,
    ],
  ];
}
