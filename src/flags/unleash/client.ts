import { z } from 'zod';
import type { DriverCall } from '../../core/drivers.ts';
import { messageOf, ToolError } from '../../core/errors.ts';
import type { UnleashSettings } from '../../core/flags.ts';
import { ask } from '../../system/http.ts';

const defaultTimeoutMs = 10_000;

const strategy = z.object({
  id: z.string(),
  featureName: z.string(),
  name: z.string(),
  title: z.string().nullish(),
  disabled: z.boolean().nullish(),
  parameters: z.record(z.string(), z.unknown()).nullish(),
  constraints: z.array(z.unknown()).nullish(),
  variants: z.array(z.unknown()).nullish(),
  segments: z.array(z.number()).nullish(),
});
const overview = z.object({ environments: z.array(z.object({ environment: z.string() })) });
const features = z.object({
  features: z.array(
    z.object({ name: z.string(), environments: z.array(z.object({ name: z.string(), enabled: z.boolean() })) }),
  ),
});
const exported = z.object({ featureStrategies: z.array(strategy) });

export type Strategy = z.output<typeof strategy>;

/** A flag in the environment. */
export interface UnleashFlag {
  readonly name: string;
  readonly enabled: boolean;
  /** In their order. */
  readonly strategies: readonly Strategy[];
}

export interface UnleashClient {
  /** Throws ToolError also for a project or an environment that does not exist: Unleash itself answers with an empty list. */
  readonly read: (call?: DriverCall) => Promise<readonly UnleashFlag[]>;
  readonly send: (method: 'POST' | 'PUT' | 'DELETE', path: string, json?: unknown, call?: DriverCall) => Promise<void>;
  /** Path of a flag in the environment. */
  readonly flagPath: (name: string) => string;
}

/** The admin API of Unleash, as its version 6 answers. */
export function createUnleashClient(settings: UnleashSettings, token: string | undefined): UnleashClient {
  const { url, project, environment, timeoutMs = defaultTimeoutMs } = settings;
  const path = `/api/admin/projects/${encodeURIComponent(project)}`;
  const failed = (what: string, why: string): ToolError =>
    new ToolError(`Unleash at ${url}: ${what}: ${why}`, { command: [what], exitCode: null });

  const request = async (method: string, at: string, json: unknown, call?: DriverCall): Promise<string> => {
    const what = `${method} ${at}`;
    const answer = await ask({
      url: `${url}${at}`,
      method,
      headers: token === undefined ? {} : { authorization: token },
      ...(json === undefined ? {} : { json }),
      timeoutMs,
      ...(call?.signal ? { signal: call.signal } : {}),
    });
    if (!answer.ok) throw failed(what, answer.error);
    if (answer.status >= 200 && answer.status < 300) return answer.text;
    throw failed(what, `status ${answer.status}, ${reasonIn(answer.text)}`);
  };
  const get = async <T>(schema: z.ZodType<T>, [method, at, json]: [string, string, unknown?], call?: DriverCall) => {
    const text = await request(method, at, json, call);
    try {
      return schema.parse(JSON.parse(text));
    } catch (error) {
      throw failed(`${method} ${at}`, `not the answer of Unleash (${messageOf(error).slice(0, 200)})`);
    }
  };
  return {
    read: async (call) => {
      const { environments } = await get(overview, ['GET', `${path}/overview`], call);
      if (!environments.some((each) => each.environment === environment))
        throw failed(path, `the project has no environment "${environment}"`);
      const list = await get(features, ['GET', `${path}/features`], call);
      // The export has the segments of each strategy; its `enabled` is always true, so that comes from the list.
      const all = await get(exported, ['POST', '/api/admin/features-batch/export', { environment, project }], call);
      return list.features.map(({ name, environments: each }) => ({
        name,
        enabled: each.find((one) => one.name === environment)?.enabled === true,
        strategies: all.featureStrategies.filter(({ featureName }) => featureName === name),
      }));
    },
    send: async (method, at, json, call) => void (await request(method, at, json, call)),
    flagPath: (name) => `${path}/features/${encodeURIComponent(name)}/environments/${encodeURIComponent(environment)}`,
  };
}

function reasonIn(text: string): string {
  try {
    const { message } = JSON.parse(text) as { message?: unknown };
    return typeof message === 'string' ? message : 'without a reason';
  } catch {
    return text.slice(0, 200) || 'without a reason';
  }
}
