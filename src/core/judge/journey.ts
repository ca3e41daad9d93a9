import type { JourneyStep, SmokeEvidence } from '../evidence.ts';
import type { Judgement } from '../verdict.ts';
import { judgeSmoke } from './smoke.ts';

/** Our own Playwright folder has two projects, one check each; a target's own folder and Newman are one check each. */
const projects = { api: 'Smoke journey over HTTP and WebSocket', browser: 'Smoke journey in the browser' } as const;

export const hasProjects = (smoke: SmokeEvidence): boolean => smoke.projects !== undefined;

export function smokeChecks(evidence: SmokeEvidence, budgetMs: number, web: boolean): Judgement[] {
  if (!evidence.projects) {
    const title =
      evidence.outcome.tool === 'newman' ? 'Smoke journey, Postman collection' : 'Smoke journey, Playwright';
    return [judgeSmoke({ id: `smoke.${evidence.outcome.tool}`, title, evidence, budgetMs })];
  }
  return (['api', 'browser'] as const)
    .filter((project) => project !== 'browser' || web)
    .map((project) => {
      const own = (step: JourneyStep) => step.project === project;
      return judgeSmoke({
        id: `smoke.${project}`,
        title: projects[project],
        evidence,
        steps: evidence.steps.filter(own),
        budgetMs,
      });
    });
}
