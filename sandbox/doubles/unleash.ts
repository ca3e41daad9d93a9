import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Answer, Double, Route } from './service.ts';

const strategyBody = z.strictObject({
  name: z.enum(['default', 'flexibleRollout', 'userWithId']),
  title: z.string().nullable().default(null),
  disabled: z.boolean().default(false),
  parameters: z.record(z.string(), z.string()).default({}),
  constraints: z.array(z.looseObject({ contextName: z.string(), operator: z.string() })).default([]),
  variants: z.array(z.looseObject({ name: z.string(), weight: z.number() })).default([]),
  segments: z.array(z.number()).default([]),
  sortOrder: z.number().exactOptional(),
});
type Strategy = z.output<typeof strategyBody> & { readonly id: string };
interface Feature {
  readonly name: string;
  archived: boolean;
  readonly environments: Record<string, FlagState>;
}

const environments = ['development', 'production'] as const;
const at = '/api/admin/projects/:project';
const flag = `${at}/features/:feature/environments/:environment`;

const failure = (status: number, name: string, message: string): Answer => ({
  status,
  body: { id: randomUUID(), name, message, details: [{ message }] },
});
const done: Answer = { status: 200, body: '' };

type Features = Map<string, Feature>;

const activeOf = (features: Features) => [...features.values()].filter(({ archived }) => !archived);

type FlagState = { enabled: boolean; strategies: Strategy[] };

function inEnvironment(
  features: Features,
  { feature = '', environment = '' }: Readonly<Record<string, string>>,
  change: (state: FlagState) => Answer,
): Answer {
  const found = features.get(feature);
  const state = found?.environments[environment];
  if (!found || !state) return failure(404, 'NotFoundError', `Could not find ${feature} in ${environment}`);
  if (found.archived) return failure(400, 'ArchivedFeatureError', 'Cannot perform this operation on archived features');
  return change(state);
}

const readRoutes = (features: Features): Route[] => [
  {
    method: 'GET',
    path: `${at}/overview`,
    answer: ({ params }) =>
      params['project'] === 'default'
        ? {
            status: 200,
            body: { name: 'Default', environments: environments.map((environment) => ({ environment })) },
          }
        : failure(404, 'NotFoundError', 'No project found'),
  },
  {
    method: 'GET',
    path: `${at}/features`,
    answer: ({ params }) => ({
      status: 200,
      body: {
        version: 2,
        features: (params['project'] === 'default' ? activeOf(features) : []).map(({ name, environments: states }) => ({
          name,
          type: 'release',
          environments: Object.entries(states).map(([environment, { enabled }]) => ({
            name: environment,
            enabled,
          })),
        })),
      },
    }),
  },
  {
    method: 'POST',
    path: '/api/admin/features-batch/export',
    body: z.object({ environment: z.string(), project: z.string() }),
    answer: ({ body }) => {
      const { environment, project } = body as { environment: string; project: string };
      const exported = project === 'default' ? activeOf(features) : [];
      return {
        status: 200,
        body: {
          features: exported.map(({ name }) => ({ name })),
          featureStrategies: exported.flatMap(({ name, environments: states }) =>
            (states[environment]?.strategies ?? []).map((strategy) => ({ ...strategy, featureName: name })),
          ),
          // Always true, as the real one answers, whatever the flag is.
          featureEnvironments: exported.map(({ name }) => ({ featureName: name, environment, enabled: true })),
        },
      };
    },
  },
];

const featureRoutes = (features: Features): Route[] => [
  {
    method: 'POST',
    path: `${at}/features`,
    body: z.object({ name: z.string().min(1) }),
    answer: ({ body }) => {
      const { name } = body as { name: string };
      const known = features.get(name);
      if (known)
        return failure(
          409,
          'NameExistsError',
          `An ${known.archived ? 'archived' : 'active'} flag with that name already exists`,
        );
      const states = environments.map((each) => [each, { enabled: false, strategies: [] as Strategy[] }] as const);
      features.set(name, { name, archived: false, environments: Object.fromEntries(states) });
      return { status: 201, body: { name, project: 'default', archived: false } };
    },
  },
  {
    method: 'DELETE',
    path: `${at}/features/:feature`,
    answer: ({ params }) => {
      const found = features.get(params['feature'] ?? '');
      if (found) found.archived = true;
      return found ? { status: 202, body: '' } : failure(404, 'NotFoundError', 'Could not find feature');
    },
  },
  {
    method: 'POST',
    path: `${at}/revive`,
    body: z.object({ features: z.array(z.string()).min(1) }),
    answer: ({ body }) => {
      for (const name of (body as { features: string[] }).features) {
        const found = features.get(name);
        if (!found?.archived) continue;
        found.archived = false;
        for (const state of Object.values(found.environments)) state.enabled = false;
      }
      return done;
    },
  },
];

const strategyRoutes = (features: Features): Route[] => [
  {
    method: 'POST',
    path: `${flag}/strategies`,
    body: strategyBody,
    answer: ({ params, body }) =>
      inEnvironment(features, params, ({ strategies }) => {
        const strategy = { ...strategyBody.parse(body), id: randomUUID() };
        strategies.push(strategy);
        return { status: 200, body: strategy };
      }),
  },
  {
    method: 'PUT',
    path: `${flag}/strategies/:id`,
    body: strategyBody,
    answer: ({ params, body }) =>
      inEnvironment(features, params, ({ strategies }) => {
        const index = strategies.findIndex(({ id }) => id === params['id']);
        if (index < 0) return failure(404, 'NotFoundError', `Could not find strategy with id=${params['id']}`);
        const update = strategyBody.parse(body);
        // An update with the title null keeps the title, as the real one does.
        const strategy = {
          ...update,
          title: update.title ?? strategies[index]?.title ?? null,
          id: params['id'] ?? '',
        };
        strategies[index] = strategy;
        return { status: 200, body: strategy };
      }),
  },
  {
    method: 'DELETE',
    path: `${flag}/strategies/:id`,
    answer: ({ params }) =>
      inEnvironment(features, params, (state) => {
        state.strategies = state.strategies.filter(({ id }) => id !== params['id']);
        if (state.strategies.length === 0) state.enabled = false;
        return done;
      }),
  },
  {
    method: 'POST',
    path: `${flag}/:switch`,
    answer: ({ params }) =>
      inEnvironment(features, params, (state) => {
        if (params['switch'] !== 'on' && params['switch'] !== 'off') return failure(404, 'NotFoundError', 'Not found');
        state.enabled = params['switch'] === 'on';
        if (state.enabled && state.strategies.length === 0)
          state.strategies.push({
            ...strategyBody.parse({ name: 'flexibleRollout', parameters: { rollout: '100' } }),
            id: randomUUID(),
          });
        return done;
      }),
  },
];

/** The part of Unleash's admin API that changes flags, as version 6.10 answers; it starts without a flag. */
export function unleash(): Double {
  const features: Features = new Map();
  return {
    name: 'unleash',
    prefix: '/unleash',
    routes: [...readRoutes(features), ...featureRoutes(features), ...strategyRoutes(features)],
    refuse: (headers) =>
      /\S/.test(headers.authorization ?? '')
        ? undefined
        : failure(401, 'AuthenticationRequired', 'You must log in to use Unleash.'),
    notFound: failure(404, 'NotFoundError', 'The path was not found'),
    invalid: (why) => failure(400, 'BadDataError', `Request validation failed: ${why}`),
    refusal: failure(403, 'NoAccessError', 'You do not have permission.'),
  };
}
