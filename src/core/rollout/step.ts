import type { ClauseId } from '../sop.ts';
import type { Colour } from '../target.ts';

/** Percent of the traffic per colour, 0 to 100, together 100. */
export type Shares = Readonly<Record<Colour, number>>;

/** What runs the new release at a stage: a whole colour, or some instances. */
export type Side =
  | { readonly kind: 'colour'; readonly colour: Colour }
  | { readonly kind: 'instances'; readonly names: readonly string[] };

/** A share of traffic on the new release. */
export interface Stage {
  /** Percent of the traffic, above 0 to 100. */
  readonly share: number;
  readonly canary: Side;
}

/** One step of a rollout. A step that changes the target first checks whether it is done already. */
export type RolloutStep =
  | { readonly do: 'release'; readonly colour: Colour; readonly release: string }
  | { readonly do: 'migrate'; readonly release: string }
  | { readonly do: 'verify'; readonly side: Side; readonly release: string }
  /** `rollback`: to the colour that had the traffic before (4.2.1). */
  | { readonly do: 'shift'; readonly shares: Shares; readonly rollback?: true }
  | { readonly do: 'observe'; readonly stage: Stage }
  | { readonly do: 'smoke'; readonly stage: Stage }
  | { readonly do: 'judge'; readonly stage: Stage }
  /** Healthy and ready at this moment: required of the side that a rollback returns to, and of the colour kept warm. */
  | { readonly do: 'confirm'; readonly side: Side; readonly because: 'keep-warm' | 'rollback' }
  | { readonly do: 'start'; readonly instance: string; readonly release: string }
  | { readonly do: 'join'; readonly instance: string }
  | { readonly do: 'drain'; readonly instance: string }
  | { readonly do: 'stop'; readonly instance: string };

export interface StepInfo {
  /** Unique in its plan, stable over versions of it: `shift 10`, `stop green-1`. */
  readonly id: string;
  readonly title: string;
  readonly clause: ClauseId;
  /** Whether it changes the target; such a step is journalled as `intended` before it is executed. */
  readonly mutates: boolean;
}

const nameOf = (side: Side): string => (side.kind === 'colour' ? side.colour : side.names.join(', '));

/** The larger part first: `90 % blue, 10 % green`. */
export const describeShares = (shares: Shares): string =>
  (['blue', 'green'] as const)
    .toSorted((a, b) => shares[b] - shares[a])
    .map((colour) => `${shares[colour]} % ${colour}`)
    .join(', ');

export const sameStage = (a: Stage, b: Stage): boolean => a.share === b.share && nameOf(a.canary) === nameOf(b.canary);

/** How a step is named in the journal and in messages. */
export function stepInfo(step: RolloutStep): StepInfo {
  switch (step.do) {
    case 'release':
      return facts(`release ${step.colour}`, `${step.release} on ${step.colour}`, '2.B1', true);
    case 'migrate':
      return facts('migrate', 'Migrations', '2.B2', true);
    case 'verify':
      return facts(
        `verify ${nameOf(step.side)}`,
        `Health and readiness of ${nameOf(step.side)}`,
        proofClause(step.side),
        false,
      );
    case 'shift': {
      const shares = describeShares(step.shares);
      const id = `shift ${step.shares.blue}:${step.shares.green}`;
      return step.rollback
        ? facts(id, `Rollback, traffic ${shares}`, '4.2.1', true)
        : facts(id, `Traffic ${shares}`, '2.B4', true);
    }
    case 'observe':
      return facts(`observe ${step.stage.share}`, `Observing ${step.stage.share} %`, '2.B4', false);
    case 'smoke':
      return facts(`smoke ${step.stage.share}`, `Smoke at ${step.stage.share} %`, '3.1', false);
    case 'judge':
      return facts(`judge ${step.stage.share}`, `Verdict at ${step.stage.share} %`, '2.B4', false);
    case 'confirm':
      return step.because === 'keep-warm'
        ? facts(`confirm ${nameOf(step.side)}`, `${nameOf(step.side)} is kept warm`, '2.B5', false)
        : facts(`confirm ${nameOf(step.side)}`, `${nameOf(step.side)} is healthy`, '4.2.1', false);
    case 'start':
      return facts(`start ${step.instance} ${step.release}`, `${step.release} on ${step.instance}`, '2.R2', true);
    case 'join':
      return facts(`join ${step.instance}`, `${step.instance} joins the pool`, '2.R3', true);
    case 'drain':
      return facts(`drain ${step.instance}`, `Draining ${step.instance}`, '2.R1', true);
    case 'stop':
      return facts(`stop ${step.instance}`, `Stopping ${step.instance}`, '2.R4', true);
  }
}

const facts = (id: string, title: string, clause: ClauseId, mutates: boolean): StepInfo => ({
  id,
  title,
  clause,
  mutates,
});
const proofClause = (side: Side): ClauseId => (side.kind === 'colour' ? '2.B3b' : '2.R3');
