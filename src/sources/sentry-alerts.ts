import { z } from 'zod';
import type { AlertRule } from '../core/alerts.ts';
import type { SentrySettings } from '../core/courtesy.ts';
import { alertRuleSchema, incidentSchema, ruleOfAlertRule } from './sentry-alert-rules.ts';
import { type ApiCall, createSentryApi, type SentryApi } from './sentry-api.ts';
import { detectorSchema, ruleOfDetector, workflowSchema } from './sentry-detectors.ts';

export type ReadRules =
  | { readonly rules: readonly AlertRule[]; readonly readFrom: string }
  | { readonly problem: string; readonly readFrom: string };

const projectSchema = z.object({ id: z.union([z.string(), z.int()]).transform(String) });

/**
 * The metric alert rules of a project (1.4b): its detectors, or the rules of the old interface where Sentry does not have
 * detectors. Every page is read. Never throws.
 */
export async function readSentryRules(
  project: string,
  settings: Pick<SentrySettings, 'url' | 'org'>,
  call: ApiCall,
): Promise<ReadRules> {
  const api = createSentryApi(settings, call);
  const org = encodeURIComponent(settings.org);
  const found = await api.get(`/projects/${org}/${encodeURIComponent(project)}/`, projectSchema);
  if ('problem' in found)
    return {
      readFrom: 'projects',
      problem: found.status === 404 ? `Sentry: there is no project ${project} in ${settings.org}` : found.problem,
    };
  const { id } = found.value;
  const detectors = await readDetectors(`/organizations/${org}`, id, api);
  if ('rules' in detectors) return { ...detectors, readFrom: 'detectors' };
  if (detectors.status !== 404 && detectors.status !== 410) return { ...detectors, readFrom: 'detectors' };
  const old = await readAlertRules(`/organizations/${org}`, { id, slug: project }, api);
  if ('rules' in old) return { ...old, readFrom: 'alert-rules' };
  const isGone = old.status === 404 || old.status === 410;
  const problem = isGone
    ? `Sentry: neither /detectors/ (${detectors.status}) nor /alert-rules/ (${old.status}) of ${settings.org} answers: check sentry.org and the token's scope alerts:read, and try again where it is a brownout (410)`
    : old.problem;
  return { problem, readFrom: 'alert-rules' };
}

type Rules = { readonly rules: readonly AlertRule[] } | { readonly problem: string; readonly status?: number };

async function readDetectors(base: string, project: string, api: SentryApi): Promise<Rules> {
  const query = new URLSearchParams({ project, query: 'type:metric' });
  const detectors = await api.list(`${base}/detectors/`, query, detectorSchema);
  if ('problem' in detectors) return detectors;
  // What the filters of the request did not leave out is left out here.
  const own = detectors.value.filter((each) => each.projectId === project && each.type === 'metric_issue');
  const ids = [...new Set(own.flatMap(({ workflowIds }) => workflowIds ?? []))];
  const connected = new URLSearchParams(ids.map((id) => ['id', id]));
  const workflows = ids.length === 0 ? { value: [] } : await api.list(`${base}/workflows/`, connected, workflowSchema);
  const known = 'value' in workflows ? workflows.value : { problem: workflows.problem };
  return { rules: own.map((detector) => ruleOfDetector(detector, known)) };
}

async function readAlertRules(
  base: string,
  project: { readonly id: string; readonly slug: string },
  api: SentryApi,
): Promise<Rules> {
  const query = new URLSearchParams({ project: project.id });
  const rules = await api.list(`${base}/alert-rules/`, query, alertRuleSchema);
  if ('problem' in rules) return rules;
  const open = new URLSearchParams({ project: project.id, status: 'open' });
  const incidents = await api.list(`${base}/incidents/`, open, incidentSchema);
  const known = 'value' in incidents ? incidents.value : { problem: incidents.problem };
  const own = rules.value.filter(({ projects }) => projects.includes(project.slug));
  return { rules: own.map((rule) => ruleOfAlertRule(rule, known)) };
}
