import type { ArtifactsEvidence, RunningEvidence } from './artifacts.ts';
import type { CalendarEvidence } from './calendar.ts';
import type { DatabaseEvidence } from './database.ts';
import type { GateEvidence } from './gate.ts';
import type { MonitoringEvidence } from './monitoring.ts';
import type { ClauseId } from './sop.ts';
import type { Unmeasured } from './unmeasured.ts';

export type { Unmeasured } from './unmeasured.ts';

/** The parts of section 1, in the SOP's order: each is one file of src/core, src/core/judge, src/flows/preflight and src/report/html. */
export const preflightParts = ['calendar', 'gates', 'database', 'artifacts', 'monitoring'] as const;
export type PreflightPart = (typeof preflightParts)[number];

export const preflightTitles: Readonly<
  Record<PreflightPart, { readonly title: string; readonly clauses: readonly ClauseId[] }>
> = {
  calendar: { title: 'Freeze windows', clauses: [] },
  gates: { title: 'Quality gates', clauses: ['1.1a', '1.1b', '1.1c', '1.1d'] },
  database: { title: 'Migrations', clauses: ['1.2a', '1.2b'] },
  artifacts: { title: 'Artifacts', clauses: ['1.3a', '1.3b'] },
  monitoring: { title: 'Monitoring', clauses: ['1.4a', '1.4b'] },
};

/** What the parts have measured so far. */
export interface PreflightEvidence {
  readonly calendar?: CalendarEvidence;
  readonly gates?: readonly GateEvidence[];
  readonly database?: DatabaseEvidence | { readonly unmeasured: Unmeasured };
  readonly artifacts?: ArtifactsEvidence;
  /** Of a rollout: what the instances of the release run (1.3b). */
  readonly running?: RunningEvidence;
  readonly monitoring?: MonitoringEvidence;
}

export const isPreflightPart = (step: string): step is PreflightPart =>
  (preflightParts as readonly string[]).includes(step);
