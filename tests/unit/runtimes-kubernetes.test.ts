import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressOf, findPort } from '../../src/runtimes/kubernetes/containers.ts';
import { isSameTemplate } from '../../src/runtimes/kubernetes/deployment-state.ts';
import { isPausedByOther } from '../../src/runtimes/kubernetes/managers.ts';
import { firstProgress, progressOf } from '../../src/runtimes/kubernetes/progress.ts';
import { selectorText } from '../../src/runtimes/kubernetes/reader.ts';
import { imageOf, releaseOf } from '../../src/runtimes/kubernetes/release-of.ts';
import { surgeOf } from '../../src/runtimes/kubernetes/sizes.ts';
import { annotation, deployment, doneState, pod, replicaSet } from './kubernetes-state.ts';

describe('a Deployment is done', () => {
  it('where everything is observed, updated, available and nothing else is left', () => {
    expect(progressOf(doneState())).toEqual({ kind: 'done' });
  });

  const exceeded = {
    type: 'Progressing',
    status: 'False',
    reason: 'ProgressDeadlineExceeded',
    message: 'timed out',
    lastUpdateTime: 't',
  };
  const waits: readonly [what: string, state: ReturnType<typeof doneState>, wanted: object][] = [
    [
      'a generation that is not observed',
      doneState({ deployment: deployment({}, {}, { generation: 5 }) }),
      { kind: 'waiting', for: 'the Deployment controller to observe generation 5' },
    ],
    [
      'pods that are not updated',
      doneState({ deployment: deployment({}, { updatedReplicas: 1 }) }),
      { kind: 'waiting', for: '1 of 3 pods to be updated' },
    ],
    [
      'pods of the previous template',
      doneState({ deployment: deployment({}, { replicas: 4 }) }),
      { kind: 'waiting', for: '1 pods of the previous template to end' },
    ],
    [
      'pods that are not available',
      doneState({ deployment: deployment({}, { availableReplicas: 2 }) }),
      { kind: 'waiting', for: '2 of 3 pods to be available' },
    ],
    [
      'terminating pods by the status',
      doneState({ deployment: deployment({}, { terminatingReplicas: 1 }) }),
      { kind: 'waiting', for: '1 terminating pods to end' },
    ],
    [
      'terminating pods that the status does not count',
      doneState({ pods: [...doneState().pods, pod('d', { set: 'old', deletionTimestamp: 't' })] }),
      { kind: 'waiting', for: '1 terminating pods to end' },
    ],
    [
      'a list of pods that is older than the status',
      doneState({ pods: [pod('a')] }),
      { kind: 'waiting', for: '1 of 3 pods to be listed' },
    ],
    [
      'a pod that is no longer ready since the status was written',
      doneState({
        pods: [pod('a'), pod('b'), pod('c', { status: { conditions: [{ type: 'Ready', status: 'False' }] } })],
      }),
      { kind: 'waiting', for: '2 of 3 pods to be ready' },
    ],
    ['an empty list', doneState({ pods: [], replicaSets: [] }), { kind: 'waiting', for: '0 of 3 pods to be listed' }],
    [
      '0 replicas, with which Kubernetes is done at once',
      doneState({
        deployment: deployment({ replicas: 0 }, { replicas: 0, updatedReplicas: 0, availableReplicas: 0 }),
        pods: [],
      }),
      { kind: 'failed', reason: 'it is scaled to 0 replicas, so nothing would serve' },
    ],
    [
      'a deadline that has passed',
      doneState({ deployment: deployment({}, { conditions: [exceeded] }) }),
      { kind: 'failed', reason: 'ProgressDeadlineExceeded: timed out' },
    ],
    [
      'no status at all',
      doneState({
        deployment: {
          ...deployment(),
          status: deployment({}, {}).status,
          metadata: { ...deployment().metadata, generation: 9 },
        },
      }),
      { kind: 'waiting', for: 'the Deployment controller to observe generation 9' },
    ],
  ];
  it.each(waits)('but not with %s', (_, state, wanted) => {
    expect(progressOf(state)).toEqual(wanted);
  });

  it('where its deadline had passed before the write, and evicted pods are left in the list', () => {
    const evicted = pod('e', { set: 'old', status: { phase: 'Failed' } });
    const state = doneState({
      deployment: deployment({}, { conditions: [exceeded] }),
      pods: [...doneState().pods, evicted],
    });
    expect(progressOf(state, 't')).toEqual({ kind: 'done' });
  });

  it('only with every count at its place', () => {
    const counts = {
      observedGeneration: 4,
      replicas: 3,
      updatedReplicas: 3,
      availableReplicas: 3,
      terminatingReplicas: 0,
    };
    const number = fc.integer({ min: 0, max: 6 });
    fc.assert(
      fc.property(
        fc.record({
          observedGeneration: number,
          replicas: number,
          updatedReplicas: number,
          availableReplicas: number,
          terminatingReplicas: number,
        }),
        (status) => {
          const { kind } = progressOf(doneState({ deployment: deployment({}, status) }));
          const isPassing =
            status.observedGeneration >= 4 &&
            status.updatedReplicas >= 3 &&
            status.replicas <= status.updatedReplicas &&
            status.availableReplicas >= status.updatedReplicas &&
            status.terminatingReplicas === 0;
          expect(kind === 'done').toBe(isPassing);
        },
      ),
    );
    expect(progressOf(doneState({ deployment: deployment({}, counts) })).kind).toBe('done');
  });

  it('of its first pods, where the paused ReplicaSet has all of its own', () => {
    const paused = deployment({ paused: true }, { updatedReplicas: 1, replicas: 4 });
    const sets = [replicaSet('1.4.0', 'old'), replicaSet('1.5.0', 'new', { replicas: 1 })];
    const pods = [pod('a'), pod('x', { set: 'old' })];
    expect(firstProgress({ deployment: paused, replicaSets: sets, pods })).toEqual({ kind: 'done' });
    expect(firstProgress({ deployment: paused, replicaSets: sets, pods: pods.slice(1) }).kind).toBe('waiting');
    expect(firstProgress({ deployment: paused, replicaSets: sets.slice(0, 1), pods }).kind).toBe('waiting');
  });
});

describe('the release of a pod', () => {
  const settings = { image: 'r.example:5000/team/freetask:{version}', annotation };
  const annotated = { [annotation]: 'freetask@1.5.0' };
  const digest = `sha256:${'a'.repeat(64)}`;
  it.each([
    ['the annotation', annotated, 'r.example:5000/team/freetask:1.5.0', 'freetask@1.5.0'],
    ['the annotation of a mirrored image', annotated, 'mirror.example/freetask:1.5.0', 'freetask@1.5.0'],
    ['the annotation of an image with a digest', annotated, `r.example/freetask:1.5.0@${digest}`, 'freetask@1.5.0'],
    ['the annotation of an image by digest alone', annotated, `r.example/freetask@${digest}`, 'freetask@1.5.0'],
    ['the tag that contradicts the annotation', annotated, 'r.example/freetask:1.4.0', '1.4.0'],
    ['the tag without an annotation', {}, 'r.example/freetask:1.4.0', '1.4.0'],
    ['not the annotation of another image by digest', annotated, `r.example/other@${digest}`, 'other'],
    ['not the annotation of an image without a tag', annotated, 'r.example/freetask', 'freetask'],
    ['nothing of another image', {}, 'r.example/other:1.4.0', undefined],
    ['nothing of an image by digest', {}, `r.example/freetask@${digest}`, undefined],
  ])('is %s', (_, annotations, image, wanted) => {
    expect(releaseOf({ annotations, image }, settings)).toBe(wanted);
  });

  it('is what was shipped, for every release and pattern', () => {
    const version = fc.stringMatching(/^[0-9]{1,3}(\.[0-9]{1,3}){0,2}(-[a-z0-9]{1,5})?$/);
    const pattern = fc.constantFrom(
      'freetask:{version}',
      'a/b/freetask:v{version}-alpine',
      'localhost:5000/x:{version}',
      'r.example/f.t+x:{version}'.replace('+', '-'),
    );
    fc.assert(
      fc.property(version, pattern, fc.constantFrom('', 'freetask@'), (number, image, prefix) => {
        const release = `${prefix}${number}`;
        const shipped = imageOf({ image }, release) ?? '';
        expect(releaseOf({ annotations: { 'shiproom/release': release }, image: shipped }, { image })).toBe(release);
        expect(releaseOf({ annotations: {}, image: shipped }, { image })).toBe(number);
      }),
    );
  });

  it('makes no image of what cannot be a tag', () => {
    expect(() => imageOf(settings, 'freetask@1.5.0+build')).toThrow('is no name of an image');
    expect(() => imageOf({ image: 'freetask:{release}' }, 'freetask@1.5.0')).toThrow('is no name of an image');
    expect(imageOf({}, 'freetask@1.5.0')).toBeUndefined();
    expect(imageOf({ image: 'freetask@{version}' }, `freetask@${digest}`)).toBe(`freetask@${digest}`);
  });
});

it('templates are compared without what the controller adds', () => {
  const [old, current] = doneState().replicaSets;
  const { template } = doneState().deployment.spec;
  expect(current && isSameTemplate(current.spec.template, template)).toBe(true);
  expect(old && isSameTemplate(old.spec.template, template)).toBe(false);
});

it('a pause is ours where managedFields has it so, last', () => {
  const by = (manager: string, time: string) => ({ manager, time, fieldsV1: { 'f:spec': { 'f:paused': {} } } });
  const paused = (...managedFields: readonly object[]) => deployment({ paused: true }, {}, { managedFields });
  expect(isPausedByOther(paused(by('kubectl', '1'), by('shiproom', '2')))).toBe(false);
  expect(isPausedByOther(paused(by('shiproom', '1'), by('kubectl-rollout', '2')))).toBe(true);
  expect(isPausedByOther(paused())).toBe(true);
  expect(isPausedByOther(deployment())).toBe(false);
});

it.each([
  [{}, 4, { surge: 1, unavailable: 1 }],
  [{ strategy: { rollingUpdate: { maxSurge: '30%', maxUnavailable: 0 } } }, 4, { surge: 2, unavailable: 0 }],
  [{ strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: '10%' } } }, 4, { surge: 0, unavailable: 1 }],
  [{ strategy: { type: 'Recreate' } }, 4, { surge: 0, unavailable: 4 }],
])('surge of %j', (spec, replicas, wanted) => {
  expect(surgeOf(deployment({ ...spec, replicas }))).toEqual(wanted);
});

it('selectors, addresses and ports as Kubernetes writes them', () => {
  const matchExpressions = [
    { key: 'tier', operator: 'In', values: ['a', 'b'] },
    { key: 'legacy', operator: 'DoesNotExist', values: [] },
    { key: 'app', operator: 'Exists', values: [] },
  ];
  expect(selectorText({ matchLabels: { app: 'api' }, matchExpressions })).toBe('app=api,tier in (a,b),!legacy,app');
  expect(addressOf('fd00::12', 8080)).toBe('http://[fd00::12]:8080');
  expect(addressOf('10.0.0.1', 80)).toBe('http://10.0.0.1:80');
  const ports = [
    { name: 'http', containerPort: 80, protocol: 'TCP' },
    { containerPort: 53, protocol: 'UDP' },
  ];
  const container = { name: 'api', image: '', ports };
  expect([findPort(container, {}), findPort(container, { port: 'http' }), findPort(container, { port: 9 })]).toEqual([
    { found: 80 },
    { found: 80 },
    { found: 9 },
  ]);
  expect(findPort(container, { port: 'web' })).toEqual({
    problem: 'container api has no port "web"; it has http (80)',
  });
});
