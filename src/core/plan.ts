import type { GateId } from './gate.ts';
import type { KnownDifferences } from './judge/accepted.ts';
import { preflightParts } from './preflight.ts';
import type { ObjectiveKind, Slo } from './slo.ts';

/** The steps of a preflight and of a verification, in the order of their execution. */
export const stepIds = [
  ...preflightParts,
  'health',
  'readiness',
  'smoke',
  'load',
  'metrics',
  'aftermath',
  'shutdown',
] as const;
export type StepId = (typeof stepIds)[number];

/** What set a setting, as a report names it. */
export const settingsSource = ({ settingsFrom }: { readonly settingsFrom?: 'flags' | undefined }): string =>
  settingsFrom === 'flags' ? 'flags' : 'target file';

/** The questions of a run, kept beside the evidence so that the same evidence can be judged again. */
export interface CheckPlan {
  readonly steps: readonly StepId[];
  /** Set where --url and its flags are in the place of a target file. */
  readonly settingsFrom?: 'flags';
  readonly slos: readonly Slo[];
  /** Ids of objectives that the evidence has no counts of, and why; set where it is judged again under other objectives. */
  readonly uncounted?: Readonly<Record<string, string>>;
  /** Kinds of objectives that do not apply to the target, and its reason for each. */
  readonly inapplicable?: Partial<Readonly<Record<ObjectiveKind, string>>>;
  /** Clause 3.2b; absent where the target has no error tracker, or the objectives file no such objective. */
  readonly crashFree?: Slo;
  /** Steps that do not apply to the target, and its reason for each. */
  readonly inapplicableSteps?: Partial<Readonly<Record<StepId, string>>>;
  /** Gates that do not apply to the target, and its reason for each. */
  readonly gatesOff?: Partial<Readonly<Record<GateId, string>>>;
  /** What shows the release, in words; absent in evidence of earlier versions. */
  readonly releaseFrom?: string;
  /** Why the target file accepts that nothing shows it. */
  readonly unidentified?: string;
  /** The required release; absent where no release was named. */
  readonly expectedRelease?: string;
  /** What the target offers to be checked. */
  readonly offers: {
    readonly web: boolean;
    readonly metrics: boolean;
    readonly shutdown: boolean;
    /** False where the target file has the collection run and nothing else. */
    readonly journeyInCode?: boolean;
  };
  readonly smokeBudgetMs: number;
  /** The target's known differences; absent where it has none. */
  readonly accepted?: KnownDifferences;
  /** Steps that the run did not reach, and why. */
  readonly leftOut: Partial<Record<StepId, string>>;
}
