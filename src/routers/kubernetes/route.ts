import { z } from 'zod';
import type { GatewayApiSettings } from '../../core/drivers.ts';
import { ToolError } from '../../core/errors.ts';
import type { Shares } from '../../core/rollout/step.ts';
import type { JsonPatch } from '../../system/kubernetes.ts';
import { metadataSchema } from './answers.ts';

/** An HTTPRoute, as far as it decides who gets which share. */
const parentRefSchema = z.object({
  group: z.string().nullish(),
  kind: z.string().nullish(),
  namespace: z.string().nullish(),
  name: z.string(),
  sectionName: z.string().nullish(),
  port: z.number().nullish(),
});

const filterSchema = z.looseObject({ type: z.string() });

const backendRefSchema = z.looseObject({
  name: z.string(),
  kind: z.string().nullish(),
  namespace: z.string().nullish(),
  port: z.number().nullish(),
  weight: z.int().min(0).nullish(),
  filters: z.array(filterSchema).nullish(),
});

export const routeSchema = z.object({
  metadata: metadataSchema.extend({ generation: z.number() }),
  spec: z.object({
    parentRefs: z.array(parentRefSchema).nullish(),
    rules: z
      .array(
        z.object({
          backendRefs: z.array(backendRefSchema).nullish(),
          filters: z.array(filterSchema).nullish(),
        }),
      )
      .nullish(),
  }),
  status: z
    .object({
      parents: z
        .array(
          z.object({
            parentRef: parentRefSchema,
            controllerName: z.string(),
            conditions: z
              .array(
                z.object({
                  type: z.string(),
                  status: z.string(),
                  reason: z.string().nullish(),
                  message: z.string().nullish(),
                  observedGeneration: z.number().nullish(),
                }),
              )
              .nullish(),
          }),
        )
        .nullish(),
    })
    .nullish(),
});

export type HttpRoute = z.infer<typeof routeSchema>;
export type ParentRef = z.infer<typeof parentRefSchema>;
type BackendRef = z.infer<typeof backendRefSchema>;

interface Backend {
  /** In the rule. */
  readonly index: number;
  readonly ref: BackendRef;
  readonly weight: number;
}

/** Both sides in the rule. */
export interface Split {
  readonly blue: Backend;
  readonly green: Backend;
}

export const routePath = (namespace: string, name: string): string =>
  `/apis/gateway.networking.k8s.io/v1/namespaces/${namespace}/httproutes/${name}`;

export const routeError = ({ route }: GatewayApiSettings, message: string): ToolError =>
  new ToolError(message, { command: ['gateway-api', `HTTPRoute ${route}`], exitCode: null });

/** Throws ToolError where the rule does not share its traffic among the two backends alone. */
export function splitOf(route: HttpRoute, settings: GatewayApiSettings, namespace: string): Split {
  const { route: name, rule: number, backends } = settings;
  const rules = route.spec.rules ?? [];
  const rule = rules[number];
  const fail = (message: string) => routeError(settings, message);
  if (!rule)
    throw fail(`HTTPRoute ${name} has no rule ${number}; it has ${rules.length}, counted from 0 (router.rule).`);
  const refs = (rule.backendRefs ?? []).map((ref, index): Backend => ({ index, ref, weight: ref.weight ?? 1 }));
  const known = refs.map(({ ref }) => ref.name).join(', ') || 'none';
  const find = (colour: 'blue' | 'green'): Backend => {
    const found = refs.filter(({ ref }) => ref.name === backends[colour] && (ref.kind ?? 'Service') === 'Service');
    const [only] = found;
    const where = `rule ${number} of HTTPRoute ${name}`;
    if (!only)
      throw fail(
        `${where} has no backend ${backends[colour]} (router.backends.${colour}); it has ${known}. Add it to the route with weight 0: a backend is not added and given traffic in one step.`,
      );
    if (found.length > 1)
      throw fail(`${where} has the backend ${backends[colour]} ${found.length} times; its share would be ambiguous.`);
    if ((only.ref.namespace ?? namespace) !== namespace)
      throw fail(
        `${where} has the backend ${backends[colour]} in namespace ${only.ref.namespace}, and cluster.namespace is ${namespace}: both backends have to be in it.`,
      );
    return only;
  };
  const split = { blue: find('blue'), green: find('green') };
  const third = refs.find((each) => each !== split.blue && each !== split.green && each.weight > 0);
  if (third)
    throw fail(
      `Rule ${number} of HTTPRoute ${name} sends traffic to ${third.ref.name} as well (weight ${third.weight}), which is neither side: set its weight to 0.`,
    );
  return split;
}

/** Percent by the weights; undefined where both are 0. */
export function sharesIn({ blue, green }: Split): Shares | undefined {
  const total = blue.weight + green.weight;
  if (total === 0) return undefined;
  const rounded = Number(((100 * blue.weight) / total).toFixed(1));
  // A side with traffic is never read as one without.
  const percent = blue.weight > 0 && green.weight > 0 ? Math.min(99.9, Math.max(0.1, rounded)) : rounded;
  return { blue: percent, green: Number((100 - percent).toFixed(1)) };
}

export const weightsIn = ({ blue, green }: Split): string => `blue ${blue.weight}, green ${green.weight}`;

/** Percent as weights; fractions of a percent in thousandths. */
export function weightsFor({ blue, green }: Shares): Record<'blue' | 'green', number> {
  const scale = Number.isInteger(blue) && Number.isInteger(green) ? 1 : 1000;
  return { blue: Math.round(blue * scale), green: Math.round(green * scale) };
}

/** Whether the weights stand for exactly these shares. */
export function isSplitSo(split: Split, shares: Shares): boolean {
  const wanted = weightsFor(shares);
  return (
    split.blue.weight + split.green.weight > 0 && split.blue.weight * wanted.green === split.green.weight * wanted.blue
  );
}

/** Sets the weights alone, and only where both backends are still as they were read. */
export function weightPatch(rule: number, split: Split, shares: Shares): JsonPatch[] {
  const wanted = weightsFor(shares);
  const pathOf = ({ index }: Backend) => `/spec/rules/${rule}/backendRefs/${index}`;
  const each = (['blue', 'green'] as const).map((colour) => ({ colour, backend: split[colour] }));
  const tests = each.flatMap(({ backend }): JsonPatch[] =>
    typeof backend.ref.weight === 'number'
      ? [
          { op: 'test', path: `${pathOf(backend)}/name`, value: backend.ref.name },
          { op: 'test', path: `${pathOf(backend)}/weight`, value: backend.ref.weight },
        ]
      : [{ op: 'test', path: pathOf(backend), value: backend.ref }],
  );
  const sets = each.map(({ colour, backend }): JsonPatch => ({
    op: 'add',
    path: `${pathOf(backend)}/weight`,
    value: wanted[colour],
  }));
  return [...tests, ...sets];
}
