import type { JourneyStep, SmokeEvidence } from '../evidence.ts';
import { slugOf } from '../finding-tag.ts';
import type { CheckPlan } from '../plan.ts';
import type { Judgement, NotChecked } from '../verdict.ts';
import { findingsOf } from './findings.ts';
import { judgeSmoke } from './smoke.ts';

/** Our own Playwright folder has two projects, one check each; a target's own folder and Newman are one check each. */
const projects = { api: 'Smoke journey over HTTP and WebSocket', browser: 'Smoke journey in the browser' } as const;

export const hasProjects = (smoke: SmokeEvidence): boolean => smoke.projects !== undefined;

/** What of the plan the checks of a journey need. */
export type JourneyPlan = Pick<CheckPlan, 'smokeBudgetMs' | 'offers' | 'accepted'> & Partial<Pick<CheckPlan, 'slos'>>;

export function smokeChecks(evidence: SmokeEvidence, plan: JourneyPlan): Judgement[] {
  const { smokeBudgetMs: budgetMs, accepted: known, slos = [] } = plan;
  const { web } = plan.offers;
  if (!evidence.projects) {
    const title =
      evidence.outcome.tool === 'newman' ? 'Smoke journey, Postman collection' : 'Smoke journey, Playwright';
    if (isInapplicable(evidence.steps)) return [];
    return [judgeSmoke({ id: `smoke.${evidence.outcome.tool}`, title, evidence, budgetMs, known, slos })];
  }
  return (['api', 'browser'] as const)
    .filter((project) => project !== 'browser' || web)
    .map((project) => ({ project, steps: evidence.steps.filter((step) => step.project === project) }))
    .filter(({ steps }) => !isInapplicable(steps))
    .map(({ project, steps }) =>
      judgeSmoke({ id: `smoke.${project}`, title: projects[project], evidence, steps, budgetMs, known, slos }),
    );
}

const isInapplicable = (steps: readonly JourneyStep[]): boolean =>
  steps.length > 0 && steps.every(({ status }) => status === 'not-applicable');

/** What the journeys could not try because the target does not have it: one entry for each reason, with the names of the steps. */
export function inapplicableSteps({ steps, outcome }: SmokeEvidence): NotChecked[] {
  const idOf = ({ project = outcome.tool, error = '' }: JourneyStep) => `smoke.${project}/${slugOf(error)}`;
  const left = steps.filter(({ status }) => status === 'not-applicable');
  return [...new Set(left.map(idOf))].map((id) => {
    const same = left.filter((step) => idOf(step) === id);
    return {
      id,
      title: same.map(({ name }) => name).join('; '),
      clauses: ['3.1'],
      reason: 'not-applicable',
      because: same[0]?.error ?? '',
      required: false,
    };
  });
}

/** Ids of everything that the journey found, accepted or not. */
export const findingIds = (evidence: SmokeEvidence): string[] =>
  (evidence.projects ?? [undefined]).flatMap((project) => {
    const steps = project === undefined ? evidence.steps : evidence.steps.filter((step) => step.project === project);
    return findingsOf(`smoke.${project ?? evidence.outcome.tool}`, steps).map(({ id }) => id);
  });
