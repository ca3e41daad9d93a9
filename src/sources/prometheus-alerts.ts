import { z } from 'zod';
import { parseComparison } from '../core/alert-expression.ts';
import type { AlertRule } from '../core/alerts.ts';
import { parseJson } from '../core/parsed-json.ts';
import { askAgain } from '../system/ask-again.ts';
import type { Clock } from '../system/clock.ts';
import type { HttpAnswer } from '../system/http.ts';
import { mutedBy, type Silence, silencesSchema } from './alertmanager.ts';

/** Base addresses without a slash at their end, each with its bearer token. */
export interface PrometheusAlerts {
  readonly url: string;
  readonly token: string | undefined;
  readonly alertmanager?: { readonly url: string; readonly token: string | undefined };
}

interface Call {
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

export type ReadAlertingRules = { readonly rules: readonly AlertRule[] } | { readonly problem: string };

const requestTimeoutMs = 10_000;
/** A rule that was not evaluated for so many of its intervals does not alert. */
const mostIntervals = 3;
const shortestStaleMs = 60_000;

const instant = z.string().refine((text) => !Number.isNaN(Date.parse(text)), 'an instant');
const ruleSchema = z.object({
  name: z.string(),
  type: z.literal('alerting'),
  query: z.string(),
  duration: z.number().default(0),
  labels: z.record(z.string(), z.string()).default({}),
  health: z.string(),
  lastError: z.string().optional(),
  lastEvaluation: instant,
  state: z.enum(['inactive', 'pending', 'firing', 'unknown']),
});
type Rule = z.output<typeof ruleSchema>;
const groupSchema = z.object({ name: z.string(), interval: z.number().positive(), rules: z.array(ruleSchema) });
const rulesSchema = z.object({
  status: z.literal('success'),
  // A page of the groups is not all of them.
  data: z.object({ groups: z.array(groupSchema), groupNextToken: z.literal('').optional() }),
});
const managersSchema = z.object({
  status: z.literal('success'),
  data: z.object({ activeAlertmanagers: z.array(z.object({ url: z.string() })) }),
});

/** Every alerting rule that Prometheus has loaded, with the id group/name. Never throws. */
export async function readAlertingRules(server: PrometheusAlerts, call: Call): Promise<ReadAlertingRules> {
  const rules = await get(`${server.url}/api/v1/rules?type=alert`, rulesSchema, server, call);
  if ('problem' in rules) return rules;
  const managers = await get(`${server.url}/api/v1/alertmanagers`, managersSchema, server, call);
  if ('problem' in managers) return managers;
  const silences = await readSilences(server, call);
  if ('problem' in silences) return silences;
  const notifies = managers.value.data.activeAlertmanagers.length > 0;
  const facts = { nowMs: rules.nowMs, notifies, silences: silences.value };
  return {
    rules: rules.value.data.groups.flatMap(({ name, interval, rules: all }) =>
      all.map((rule) => ruleOf(rule, { ...facts, group: name, intervalMs: interval * 1000 })),
    ),
  };
}

type Answer<T> = { readonly value: T; readonly nowMs: number } | { readonly problem: string };

async function get<T>(
  url: string,
  schema: z.ZodType<T>,
  { token }: Pick<PrometheusAlerts, 'token'>,
  call: Call,
): Promise<Answer<T>> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const answer = await askAgain({ url, headers, timeoutMs: requestTimeoutMs }, call);
  const where = url.split('?')[0];
  if (!answer.ok) return { problem: `${where}: ${answer.error}` };
  if (answer.status !== 200) return { problem: `${where} answered ${answer.status}` };
  const parsed = schema.safeParse(parseJson(answer.text));
  if (!parsed.success)
    return {
      problem: `the answer of ${where} is not that of the interface: ${answer.text.trim().slice(0, 80) || 'empty'}`,
    };
  return { value: parsed.data, nowMs: clockOf(answer) ?? call.clock.now() };
}

/** The clock of the server: that of this machine may differ. */
function clockOf(answer: Extract<HttpAnswer, { ok: true }>): number | undefined {
  const at = Date.parse(answer.header('date') ?? '');
  return Number.isNaN(at) ? undefined : at;
}

async function readSilences({ alertmanager }: PrometheusAlerts, call: Call): Promise<Answer<readonly Silence[]>> {
  if (!alertmanager) return { value: [], nowMs: 0 };
  return get(`${alertmanager.url}/api/v2/silences`, silencesSchema, alertmanager, call);
}

interface Facts {
  readonly nowMs: number;
  readonly group: string;
  readonly intervalMs: number;
  readonly notifies: boolean;
  readonly silences: readonly Silence[];
}

function ruleOf(rule: Rule, { nowMs, group, intervalMs, notifies, silences }: Facts): AlertRule {
  const comparison = parseComparison(rule.query);
  const muted = mutedBy({ ...rule.labels, alertname: rule.name }, silences);
  return {
    id: `${group}/${rule.name}`,
    name: rule.name,
    measured: comparison?.measured ?? rule.query,
    query: rule.duration > 0 ? `for ${rule.duration} s` : '',
    isExpression: true,
    thresholds: comparison ? [comparison.threshold] : [],
    inactive: [
      ...(rule.health === 'err' ? [`its last evaluation failed: ${rule.lastError ?? 'no reason given'}`] : []),
      ...(notifies ? [] : ['Prometheus sends its alerts to no Alertmanager']),
      ...(muted?.certain ? [muted.words] : []),
    ],
    unknown: [...unevaluated(rule, nowMs, intervalMs), ...(muted && !muted.certain ? [muted.words] : [])],
    ...(rule.state === 'unknown' ? {} : { firing: rule.state === 'firing' }),
  };
}

/** A rule that is loaded and not evaluated raises no alert. */
function unevaluated({ health, lastEvaluation }: Rule, nowMs: number, intervalMs: number): string[] {
  const atMs = Date.parse(lastEvaluation);
  if (health === 'unknown' || atMs <= 0) return ['it has not been evaluated yet'];
  if (health !== 'ok' && health !== 'err') return [`its health is "${health}"`];
  const ageMs = nowMs - atMs;
  return ageMs > Math.max(shortestStaleMs, mostIntervals * intervalMs)
    ? [`it was evaluated last at ${lastEvaluation}, ${Math.round(ageMs / 1000)} s ago`]
    : [];
}
