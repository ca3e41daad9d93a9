import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ToolError } from '../../src/core/errors.ts';
import { deploymentSchema } from '../../src/runtimes/kubernetes/objects.ts';
import { pausePatch, releasePatch, restorePatch, resumePatch } from '../../src/runtimes/kubernetes/patches.ts';
import { createReader } from '../../src/runtimes/kubernetes/reader.ts';
import { type SideRun, usualTiming } from '../../src/runtimes/kubernetes/side-run.ts';
import { write } from '../../src/runtimes/kubernetes/writer.ts';
import { systemClock } from '../../src/system/clock.ts';
import { type JsonPatch, KubernetesError } from '../../src/system/kubernetes.ts';
import { applyJsonPatch } from '../contract/support/kubernetes/patches.ts';
import { annotation, deployment, replicaSet, template } from './kubernetes-state.ts';

const settings = { cluster: {}, deployments: { blue: 'api' }, image: 'r.example/freetask:{version}', annotation };

/** As the API server holds it. */
const stored = (spec: object = {}) => ({
  metadata: { name: 'api', uid: 'd', generation: 1 },
  spec: { replicas: 2, selector: {}, template: template('1.4.0'), ...spec },
});
type Stored = ReturnType<typeof stored>;
const parsed = (object: object) => deploymentSchema.parse(object);
const wanted = { release: 'freetask@1.5.0' };
const toRelease = (now: ReturnType<typeof parsed>) => releasePatch(now, wanted, settings);

describe('the patch of a release', () => {
  it('leaves a template that needs no other, whatever was there before', () => {
    const version = fc.constantFrom('1.4.0', '1.5.0');
    const annotations = fc.constantFrom(undefined, {}, { [annotation]: 'freetask@1.4.0', other: 'x' });
    const paused = fc.constantFrom(undefined, true);
    fc.assert(
      fc.property(version, annotations, paused, fc.constantFrom(0, 2), (number, notes, isPaused, replicas) => {
        const before = template(number);
        const changed = {
          ...before,
          metadata: { labels: before.metadata.labels, ...(notes && { annotations: notes }) },
        };
        const object = stored({ template: changed, replicas, ...(isPaused && { paused: true }) });
        const patch = releasePatch(parsed(object), { ...wanted, replicas: 3 }, settings);
        const after = parsed(patch ? applyJsonPatch(object, patch) : object);
        expect(releasePatch(after, { ...wanted, replicas: 3 }, settings)).toBeUndefined();
        expect(after.spec.template.spec.containers[0]?.image).toBe('r.example/freetask:1.5.0');
        expect(after.spec.template.metadata.annotations[annotation]).toBe(wanted.release);
        expect(after.spec).toMatchObject({ paused: false, replicas: replicas === 0 ? 3 : replicas });
      }),
    );
  });

  it('is refused where another has written the template meanwhile', () => {
    const patch = toRelease(parsed(stored())) ?? [];
    expect(() => applyJsonPatch(stored({ template: template('1.4.1') }), patch)).toThrow('test failed');
    expect(patch).toHaveLength(4);
  });

  it('does not write the tag again that a webhook has pinned to its digest', () => {
    const pinned = template('1.5.0');
    const image = `r.example/freetask:1.5.0@sha256:${'a'.repeat(64)}`;
    const object = stored({ template: { ...pinned, spec: { containers: [{ name: 'api', image }] } } });
    expect(toRelease(parsed(object))).toBeUndefined();
  });

  it('does not guess which of several containers is meant', () => {
    const containers = [{ name: 'api' }, { name: 'proxy' }];
    const object = stored({ template: { ...template('1.4.0'), spec: { containers } } });
    expect(() => toRelease(parsed(object))).toThrow('2 containers, api, proxy: runtime.container has to name one');
  });
});

it('an equal template is not restored, and a pause ends with the write that restores', () => {
  const paused = deployment({ paused: true });
  expect(restorePatch(paused, replicaSet('1.5.0', 'new'))).toBeUndefined();
  const patch = restorePatch(paused, replicaSet('1.4.0', 'old')) ?? [];
  expect(patch.find(({ path, op }) => path === '/spec/template' && op === 'replace')).toEqual({
    op: 'replace',
    path: '/spec/template',
    value: template('1.4.0'),
  });
  expect(patch.at(-1)).toEqual({ op: 'replace', path: '/spec/paused', value: false });
  expect([pausePatch(paused), resumePatch(deployment())]).toEqual([undefined, undefined]);
});

/** A server that answers each PATCH by the next of `answers`. */
function scripted(object: Stored, answers: ((patch: readonly JsonPatch[]) => Stored)[]) {
  const server = { object, patches: 0 };
  const reader = {
    ...createReader(settings),
    deployment: () => Promise.resolve(parsed(server.object)),
    connect: () =>
      Promise.resolve({
        server: 'https://k',
        namespace: 'n',
        watch: () => expect.fail('not watched'),
        text: () => Promise.resolve(''),
        request: (_: string, __: string, body?: object) => {
          server.patches += 1;
          const answer = answers.shift();
          if (!answer) throw new Error('no more answers');
          server.object = answer((body as { jsonPatch: JsonPatch[] }).jsonPatch);
          return Promise.resolve(server.object);
        },
      }),
  };
  const run: SideRun = {
    settings,
    reader,
    clock: systemClock,
    timing: { ...usualTiming, pollMs: 1 },
    call: undefined,
    limitMs: 1000,
    untilMs: Infinity,
  };
  return { server, run };
}

describe('a write', () => {
  const apply = (patch: readonly JsonPatch[]) => applyJsonPatch(stored(), patch);
  const refuse = (status: number) => () => {
    throw new KubernetesError('refused', { command: [], status, reason: '' });
  };
  const lose = () => {
    throw new ToolError('no answer within the limit', { command: [], exitCode: null });
  };

  it('whose answer was lost is read back, and is not repeated where it was done', async () => {
    const fixture = scripted(stored(), []);
    const { server, run } = scripted(stored(), [
      (patch) => {
        server.object = apply(patch);
        return lose();
      },
    ]);
    const after = await write(parsed(stored()), toRelease, run);
    expect(after.spec.template.metadata.annotations[annotation]).toBe(wanted.release);
    expect([server.patches, fixture.server.patches]).toEqual([1, 0]);
  });

  it('that was lost before it was done, or met a conflict, is repeated once', async () => {
    for (const first of [lose, refuse(409), refuse(503)]) {
      const { server, run } = scripted(stored(), [first, apply]);
      await write(parsed(stored()), toRelease, run);
      expect(server.patches).toBe(2);
      const again = scripted(stored(), [first, first]);
      await expect(write(parsed(stored()), toRelease, again.run)).rejects.toThrow(/refused|no answer/);
    }
  });

  it('that is refused for what it is keeps the refusal of the server', async () => {
    for (const status of [422, 403, 400]) {
      const { server, run } = scripted(stored(), [refuse(status)]);
      await expect(write(parsed(stored()), toRelease, run)).rejects.toMatchObject({ status });
      expect(server.patches).toBe(1);
    }
  });

  it('that met another writer names it and what is configured now', async () => {
    const other = { ...stored({ template: template('1.4.2') }) };
    const managedFields = [{ manager: 'argocd-controller', time: 't', fieldsV1: { 'f:spec': { 'f:template': {} } } }];
    const { run, server } = scripted(stored(), [refuse(422)]);
    server.object = { ...other, metadata: { ...other.metadata, managedFields } as Stored['metadata'] };
    await expect(write(parsed(stored()), toRelease, run)).rejects.toThrow(
      /api was changed by argocd-controller at the same time; its template has image r.example\/freetask:1.4.2/,
    );
  });
});
