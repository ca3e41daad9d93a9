import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Script } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { asyncTestsIn, countRequests } from '../../src/runners/newman-child/collection.ts';

const folder = resolve(import.meta.dirname, '../../postman');
const read = (path: string): unknown => JSON.parse(readFileSync(join(folder, path), 'utf8'));

/** The parts of Postman's format v2.1 that are used here; newman accepts an address only as text or in full. */
const eventSchema = z.strictObject({
  listen: z.enum(['prerequest', 'test']),
  script: z.strictObject({ type: z.literal('text/javascript'), exec: z.array(z.string()).min(1) }),
});
const pair = z.strictObject({ key: z.string().min(1), value: z.string() });
const requestSchema = z.strictObject({
  name: z.string().min(1),
  event: z.array(eventSchema),
  request: z.strictObject({
    description: z.string().min(1),
    method: z.enum(['GET', 'POST', 'PATCH']),
    auth: z.union([
      z.strictObject({ type: z.literal('noauth') }),
      z.strictObject({
        type: z.literal('bearer'),
        bearer: z
          .array(z.strictObject({ key: z.literal('token'), value: z.string(), type: z.literal('string') }))
          .length(1),
      }),
    ]),
    header: z.array(pair),
    body: z.strictObject({ mode: z.literal('raw'), raw: z.string(), options: z.unknown() }).optional(),
    url: z.strictObject({
      raw: z.string(),
      host: z.array(z.string()).length(1),
      path: z.array(z.string()).optional(),
      query: z.array(pair).optional(),
    }),
  }),
  response: z.array(z.never()),
});
const collectionSchema = z.strictObject({
  info: z.strictObject({
    _postman_id: z.uuid(),
    name: z.string(),
    description: z.string(),
    schema: z.literal('https://schema.getpostman.com/json/collection/v2.1.0/collection.json'),
  }),
  item: z.array(
    z.strictObject({
      name: z.string(),
      description: z.string(),
      event: z.array(eventSchema).optional(),
      item: z.array(requestSchema).min(1),
    }),
  ),
  event: z.array(eventSchema),
  variable: z.array(pair),
});

const collection = collectionSchema.parse(read('freetask-e2e.postman_collection.json'));
const requests = collection.item.flatMap(({ item }) => item);
const events = [collection, ...collection.item, ...requests].flatMap(({ event = [] }) => event);
type Events = readonly z.infer<typeof eventSchema>[];
const scriptOf = (event: Events, listen: 'prerequest' | 'test') =>
  event
    .filter((each) => each.listen === listen)
    .flatMap(({ script }) => script.exec)
    .join('\n');

describe('the Postman collection', () => {
  it('gives each request a unique name, so that a report and setNextRequest identify one', () => {
    const names = requests.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(countRequests(collection)).toBe(names.length);
  });

  it.each(requests.map((request) => [request.name, request] as const))('%s: asserts its own status', (_, { event }) => {
    expect(scriptOf(event, 'test')).toMatch(/pm\.test\(['`]status [\d$]/);
  });

  it('runs its own tests on the last answer only: a rate limit is waited for', () => {
    const unguarded = requests.filter(
      ({ event }) => !scriptOf(event, 'test').startsWith('if (pm.response.code !== 429) {'),
    );
    expect(unguarded.map(({ name }) => name)).toEqual([]);
  });

  it('refuses on a job of its own: none stands on the job of the journey', () => {
    const refusals = collection.item.filter(({ name }) => /Refusals/.test(name)).flatMap(({ item }) => item);
    expect(refusals.length).toBeGreaterThan(30);
    const shared = refusals.filter(({ request }) => /\{\{\w*job_id\}\}/.test(JSON.stringify(request)));
    expect(shared.map(({ name }) => name)).toEqual([]);
  });

  it('ranks each refusal that would cost money or give access', () => {
    const tagged = requests.filter(({ event }) => /@(money|access)'/.test(scriptOf(event, 'test')));
    const [money, access] = (['money', 'access'] as const).map((rank) =>
      tagged.filter(({ event }) => scriptOf(event, 'test').includes(`@${rank}'`)).map(({ name }) => name),
    );
    expect(money).toEqual(
      expect.arrayContaining(['Escrow: a negative amount is refused', 'Release: a new key moves nothing']),
    );
    expect(access).toEqual(
      expect.arrayContaining(['Chat: a user without a bid may not read', 'Log in: a code works once']),
    );
  });

  it('asserts the shape of every answer: of a success in its request, of refusals in the collection', () => {
    const common = scriptOf(collection.event, 'test');
    expect(common).toContain('@form(error-shape)');
    expect(common).toContain("'X-Request-Id'");
    expect(common).toContain("'X-App-Release'");
    const successes = requests.filter(({ event }) => /'status 20\d'/.test(scriptOf(event, 'test')));
    expect(successes.length).toBeGreaterThan(20);
    const shapeless = successes.filter(
      ({ name, event }) =>
        !name.startsWith('Health') && !/to\.have\.jsonSchema|the access token/.test(scriptOf(event, 'test')),
    );
    expect(shapeless.map(({ name }) => name)).toEqual([]);
  });

  it('has no asynchronous test, which newman counts as passed', () => {
    expect(asyncTestsIn(collection)).toEqual([]);
  });

  it('has scripts that parse, without a name that Postman’s sandbox reserves', () => {
    for (const { script } of events) {
      const text = script.exec.join('\n');
      expect(() => new Script(text)).not.toThrow();
      expect(text).not.toMatch(
        /\b(?:const|let|class|function) (?:data|globals|environment|iteration|request|tests|responseBody|responseCode|postman|pm|xml2Json|_)\b/,
      );
    }
  });

  it('holds no address and no prefix of a deployment', () => {
    for (const { request } of requests) {
      expect(request.url.raw).toMatch(/^\{\{base_url\}\}\{\{(api|health|ready|login|verify|refresh)_path\}\}(\/|$|\?)/);
      const { host, path = [], query = [] } = request.url;
      const rebuilt =
        [...host, ...path].join('/') +
        (query.length ? `?${query.map(({ key, value }) => `${key}=${value}`).join('&')}` : '');
      expect(rebuilt).toBe(request.url.raw);
    }
    const everything = JSON.stringify({
      item: collection.item,
      event: collection.event,
      variable: collection.variable,
    });
    expect(everything).not.toMatch(/https?:\/\/|localhost|127\.0\.0\.1|@example/);
  });

  it('uses only variables that an environment or its own scripts set', () => {
    const everything = JSON.stringify(collection);
    const used = new Set([...everything.matchAll(/\{\{([a-z0-9_]+)\}\}/g)].map(([, name]) => name));
    const set = new Set([...everything.matchAll(/collectionVariables\.set\('([a-z0-9_]+)'/g)].map(([, name]) => name));
    // The jobs that the collection makes for one request.
    for (const [, state] of everything.matchAll(/ (\w+_job): \['post'/g)) set.add(state);
    const given = new Set([
      ...collection.variable.map(({ key }) => key),
      ...environments[0]!.values.map(({ key }) => key),
    ]);
    expect([...used].filter((name) => name === undefined || !(set.has(name) || given.has(name)))).toEqual([]);
  });
});

const environmentSchema = z.strictObject({
  id: z.string(),
  name: z.string(),
  values: z.array(
    z.strictObject({
      key: z.string(),
      value: z.string(),
      type: z.enum(['default', 'secret']),
      enabled: z.literal(true),
    }),
  ),
  _postman_variable_scope: z.literal('environment'),
});
const environments = readdirSync(join(folder, 'environments')).map((name) =>
  environmentSchema.parse(read(`environments/${name}`)),
);

describe('the Postman environments', () => {
  it('exist for each kind of target, with the same variables', () => {
    expect(environments.map(({ id }) => id)).toEqual(['shiproom-production', 'shiproom-sandbox', 'shiproom-staging']);
    const [first, ...others] = environments.map(({ values }) => values.map(({ key }) => key));
    for (const keys of others) expect(keys).toEqual(first);
  });

  it('hold no secret', () => {
    for (const { values } of environments) {
      for (const { key, value, type } of values)
        if (type === 'secret' || /otp_(code|url)|token/.test(key)) expect({ key, value }).toEqual({ key, value: '' });
    }
  });
});

describe('a collection before newman runs it', () => {
  const script = (exec: string | string[]) => ({ name: 'here', event: [{ listen: 'test', script: { exec } }] });

  it.each([
    "pm.test('x', async () => {})",
    'pm.test("a, b", async function () {})',
    'pm.test(`x ${1}`,\n  async () => {})',
    'pm.test(name, async () => {})',
    "pm . test ( 'it\\'s', async () => {})",
  ])('finds the asynchronous test in %s', (exec) => {
    expect(asyncTestsIn({ item: [script(exec)] })).toEqual(['here']);
    expect(asyncTestsIn({ item: [script(exec.split('\n'))] })).toEqual(['here']);
  });

  it.each([
    "pm.test('x', () => {}); run(1, async () => {})",
    "pm.test('async', (done) => done())",
    '(async () => {})()',
  ])('finds none in %s', (exec) => {
    expect(asyncTestsIn({ item: [script(exec)] })).toEqual([]);
  });

  it('counts no requests in a value that is not a collection', () => {
    for (const strange of [undefined, null, 1, 'x', [], {}, { item: 'x' }, { item: [null, 1] }]) {
      expect(countRequests(strange)).toBe(0);
      expect(asyncTestsIn(strange)).toEqual([]);
    }
  });
});
