import { z } from 'zod';
import { type Expectation, type ExpectedBody, type ProbeMethod, probeMethods } from '../core/service.ts';
import { pathSchema } from './target-schemas.ts';

/** What a probe sends and expects: `/healthz`, `HEAD /health 204 none`, or the same as an object. */
type Probe = { readonly [Key in keyof Expectation]?: Expectation[Key] | undefined };

const status = z.int().min(100, 'an HTTP status').max(599, 'an HTTP status');

const bodyTextSchema = z.string().transform((text, context): ExpectedBody => {
  const body = readBody(text);
  if (typeof body !== 'string') return body;
  context.addIssue({ code: 'custom', message: body });
  return z.NEVER;
});

const bodySchema = z.union([
  bodyTextSchema,
  z.record(z.string(), z.unknown()).transform((subset): ExpectedBody => ({ kind: 'json', subset })),
]);

const longSchema = z
  .strictObject({
    path: pathSchema.exactOptional(),
    method: z.enum(probeMethods).exactOptional(),
    status: z.union([status.transform((one) => [one]), z.array(status).min(1, 'at least one status')]).exactOptional(),
    body: bodySchema.exactOptional(),
  })
  .refine(({ method, body }) => method !== 'HEAD' || body === undefined || body.kind === 'any', {
    path: ['body'],
    error: 'the answer to HEAD has no body: leave it out, or use GET',
  })
  .transform(({ status: statuses, ...rest }): Probe => ({ ...rest, statuses }));

const shortSchema = z.string().transform((text, context): Probe => {
  const probe = text === 'none' ? 'a probe is needed; readiness alone may be none' : readShort(text);
  if (typeof probe !== 'string') return probe;
  context.addIssue({ code: 'custom', message: probe });
  return z.NEVER;
});

export const expectationSchema = z.union([shortSchema, longSchema]);

/** A readiness route, or none. */
export const readySchema = z.union([
  z.string().transform((text, context): Probe | 'none' => {
    if (text === 'none') return 'none';
    const probe = readShort(text);
    if (typeof probe !== 'string') return probe;
    context.addIssue({ code: 'custom', message: `none, or ${probe}` });
    return z.NEVER;
  }),
  longSchema,
]);

/** The default probe with what the target file says instead. */
export function expectationOf(given: Probe | undefined, defaults: Expectation): Expectation {
  const { method = defaults.method, path = defaults.path, statuses = defaults.statuses, body } = given ?? {};
  return { method, path, statuses, body: body ?? (method === 'HEAD' ? { kind: 'any' } : defaults.body) };
}

/** A probe of which nothing else is known. */
export const completeExpectation = (given: Probe): Expectation =>
  expectationOf(given, { method: 'GET', path: '', statuses: [200], body: { kind: 'any' } });

const shortHint = 'a path, or `METHOD /path STATUS BODY` with any of METHOD, STATUS and BODY left out';

/** The probe, or why the text is none. */
function readShort(text: string): Probe | string {
  const match = /^(?:([A-Z]+)\s+)?(\S*)(?:\s+(\d{3}(?:,\d{3})*))?(?:\s+(\S.*))?$/.exec(text.trim());
  if (!match) return shortHint;
  const [, method, route = '', statuses, rest] = match;
  const path = pathSchema.safeParse(route);
  const alone = method === undefined && statuses === undefined && rest === undefined;
  if (!path.success || !(alone || route.startsWith('/'))) return shortHint;
  if (statuses?.split(',').some((each) => !status.safeParse(Number(each)).success))
    return `${statuses} is no HTTP status`;
  const named = probeMethods.find((each) => each === method);
  if (method !== undefined && named === undefined) return `the method is one of ${probeMethods.join(', ')}`;
  const body = rest === undefined ? undefined : readBody(rest);
  if (typeof body === 'string') return body;
  if (named === 'HEAD' && body !== undefined && body.kind !== 'any') return 'the answer to HEAD has no body';
  return {
    path: path.data,
    method: named satisfies ProbeMethod | undefined,
    statuses: statuses?.split(',').map(Number),
    body,
  };
}

/** The expected body, or why the text is none. */
function readBody(text: string): ExpectedBody | string {
  if (text === 'none') return { kind: 'any' };
  const [, source, flags = ''] = /^\/(.+)\/([a-z]*)$/s.exec(text) ?? [];
  if (source !== undefined) return readPattern(source, flags);
  try {
    const subset: unknown = JSON.parse(text);
    if (typeof subset === 'object' && subset !== null && !Array.isArray(subset))
      return { kind: 'json', subset: subset as Readonly<Record<string, unknown>> };
  } catch {
    // Reported below.
  }
  return 'the body is none, a JSON object, or /a regular expression/';
}

function readPattern(source: string, flags: string): ExpectedBody | string {
  try {
    void new RegExp(source, flags);
    return { kind: 'pattern', source, flags };
  } catch (error) {
    return `not a regular expression: ${error instanceof Error ? error.message : String(error)}`;
  }
}
