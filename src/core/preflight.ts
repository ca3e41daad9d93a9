import type { CalendarEvidence } from './calendar.ts';
import type { DatabaseEvidence } from './database.ts';
import type { GateEvidence } from './gate.ts';
import type { ClauseId } from './sop.ts';

/** The parts of section 1, in the SOP's order: each is one file of src/core, src/core/judge, src/flows/preflight and src/report/html. */
export const preflightParts = ['calendar', 'gates', 'database'] as const;
export type PreflightPart = (typeof preflightParts)[number];

export const preflightTitles: Readonly<
  Record<PreflightPart, { readonly title: string; readonly clauses: readonly ClauseId[] }>
> = {
  calendar: { title: 'Freeze windows', clauses: [] },
  gates: { title: 'Quality gates', clauses: ['1.1a', '1.1b', '1.1c', '1.1d'] },
  database: { title: 'Migrations', clauses: ['1.2a', '1.2b'] },
};

/** What the parts have measured so far. */
export interface PreflightEvidence {
  readonly calendar?: CalendarEvidence;
  readonly gates?: readonly GateEvidence[];
  readonly database?: DatabaseEvidence | { readonly unmeasured: Unmeasured };
}

/** Why a part, or a piece of one, has no evidence: the target file gives a reason, or does not mention it; then it is required. */
export type Unmeasured = { readonly off: string } | { readonly missing: string };

export const isPreflightPart = (step: string): step is PreflightPart =>
  (preflightParts as readonly string[]).includes(step);
