import { describe, expect, it } from 'vitest';
import { endingProblems, endingsOf, type Leaving, watchLeaving } from '../../src/runtimes/kubernetes/endings.ts';
import type { Pod } from '../../src/runtimes/kubernetes/objects.ts';
import { podFailure } from '../../src/runtimes/kubernetes/pod-failures.ts';
import { pod } from './kubernetes-state.ts';

describe('a pod has failed', () => {
  const waiting = (reason: string) => ({ name: 'api', state: { waiting: { reason, message: 'why' } } });
  const crashed = { terminated: { exitCode: 3 } };
  const failures: readonly [string, object, string | undefined][] = [
    ['by an image that is not there', { containerStatuses: [waiting('ImagePullBackOff')] }, 'ImagePullBackOff'],
    [
      'by a missing Secret',
      { containerStatuses: [waiting('CreateContainerConfigError')] },
      'CreateContainerConfigError',
    ],
    [
      'by a crash loop of its sidecar',
      {
        containerStatuses: [
          { name: 'api', state: { running: {} } },
          { ...waiting('CrashLoopBackOff'), name: 'proxy' },
        ],
      },
      'CrashLoopBackOff',
    ],
    [
      'by an init container',
      { containerStatuses: [waiting('PodInitializing')], initContainerStatuses: [waiting('CrashLoopBackOff')] },
      'CrashLoopBackOff',
    ],
    [
      'by restarts between two reads',
      { containerStatuses: [{ name: 'api', restartCount: 3, state: crashed, lastState: crashed }] },
      'restarted 3 times',
    ],
    [
      'not by one crash',
      { containerStatuses: [{ name: 'api', restartCount: 1, state: { running: {} }, lastState: crashed }] },
      undefined,
    ],
    ['not while it is created', { containerStatuses: [waiting('ContainerCreating')] }, undefined],
    [
      'not while its init containers run',
      {
        containerStatuses: [waiting('PodInitializing')],
        initContainerStatuses: [{ name: 'i', state: { running: {} } }],
      },
      undefined,
    ],
    [
      'not where it was evicted, and another takes its place',
      { phase: 'Failed', containerStatuses: [waiting('CrashLoopBackOff')] },
      undefined,
    ],
    ['not without any status', { containerStatuses: null }, undefined],
  ];
  it.each(failures)('%s', (_, status, wanted) => {
    expect(podFailure([pod('a'), pod('b', { status })])?.reason).toBe(wanted);
  });
});

describe('how a replaced pod has ended', () => {
  const grace = '2026-01-01T00:00:30Z';
  const ended = (exitCode: number, finishedAt?: string, reason = 'Error') =>
    pod('a', {
      set: 'old',
      deletionTimestamp: grace,
      status: { containerStatuses: [{ name: 'api', state: { terminated: { exitCode, reason, finishedAt } } }] },
    });
  const leaving = (...reads: readonly Pod[]) =>
    reads.reduce<Leaving>((before, read) => watchLeaving(before, [read], () => true), new Map<string, Pod>());
  it.each([
    ['by itself', ended(0, '2026-01-01T00:00:04Z'), 0, false],
    ['by the kill at the end of its grace', ended(137, grace), 137, true],
    ['by its own kill before that', ended(137, '2026-01-01T00:00:04Z'), 137, false],
    ['by the kernel, which had no memory', ended(137, grace, 'OOMKilled'), 137, false],
    ['unread', pod('a', { set: 'old', deletionTimestamp: grace }), null, false],
  ])('%s', (_, read, exitCode, killed) => {
    expect(endingsOf(leaving(read), [], 'api')).toEqual([{ name: 'a', exitCode, killed }]);
  });

  it('is kept where a later read has lost it, and is not that of a pod that still runs or has never run', () => {
    const lost = pod('a', { set: 'old', deletionTimestamp: grace, status: { containerStatuses: [] } });
    expect(endingsOf(leaving(ended(0), lost), [], 'api')).toMatchObject([{ exitCode: 0 }]);
    const running = pod('a', { set: 'old' });
    expect(endingsOf(leaving(running), [running], 'api')).toEqual([]);
    const created = pod('a', {
      status: { containerStatuses: [{ name: 'api', state: { waiting: { reason: 'ErrImagePull' } } }] },
    });
    expect(endingsOf(leaving(created), [], 'api')).toEqual([]);
  });

  it('is that of the newest read, in whatever order reads and events arrive', () => {
    const running = pod('a', { set: 'old', deletionTimestamp: grace });
    expect(endingsOf(leaving(ended(0), running), [], 'api')).toMatchObject([{ exitCode: 0 }]);
    const restarted = (state: object) =>
      pod('a', { set: 'old', status: { containerStatuses: [{ name: 'api', restartCount: 1, state }] } });
    expect(endingsOf(leaving(ended(1), restarted({ running: {} })), [], 'api')).toMatchObject([{ exitCode: null }]);
    const again = restarted({ terminated: { exitCode: 0 } });
    expect(endingsOf(leaving(again, ended(1), running), [], 'api')).toMatchObject([{ exitCode: 0 }]);
  });

  it('is measured by the grace that the pod was given, which its removal sets to 0', () => {
    const removed = { ...ended(137, '2026-01-01T00:00:04Z') };
    const metadata = { ...removed.metadata, deletionTimestamp: '2026-01-01T00:00:00Z', deletionGracePeriodSeconds: 0 };
    const asked = pod('a', { set: 'old', deletionTimestamp: grace });
    expect(endingsOf(leaving(asked, { ...removed, metadata }), [], 'api')).toMatchObject([{ killed: false }]);
    expect(endingsOf(leaving({ ...removed, metadata }), [], 'api')).toMatchObject([{ killed: true }]);
  });

  it('is a problem unless it is known and 0', () => {
    const ending = (exitCode: number | null, killed = false) => ({ name: 'a', exitCode, killed });
    expect(endingProblems([ending(0)])).toEqual([]);
    expect(endingProblems([ending(null)], 'why')).toEqual([expect.stringMatching(/: why$/)]);
    expect(endingProblems([ending(null), ending(1), ending(143), ending(137, true)])).toHaveLength(4);
  });
});
