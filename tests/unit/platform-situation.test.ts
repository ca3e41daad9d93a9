import { describe, expect, it } from 'vitest';
import {
  isOfRelease,
  type PlatformDeployment,
  type Situation,
  situationOf,
  type Sought,
} from '../../src/core/platform.ts';

const old: PlatformDeployment = { id: 'd-1', release: 'app@1.0', state: 'live' };
const failed: PlatformDeployment = { id: 'd-2', release: 'app@1.1', state: 'failed' };
const sought: Sought = {
  release: 'app@1.1',
  previousRelease: 'app@1.0',
  before: { live: 'd-1', newest: 'd-2' },
  triggered: false,
};
const is = (state: PlatformDeployment['state'], release?: string, id = 'd-3'): PlatformDeployment => ({
  id,
  state,
  ...(release === undefined ? {} : { release }),
});
const shortly = ({ live, own, back, foreign }: Situation) => [live, own?.id, back?.id, foreign?.id];
const situation = (
  newer: readonly PlatformDeployment[],
  more: Partial<Sought> = {},
  before: PlatformDeployment = old,
) => {
  const deployments = [...newer, failed, before];
  const live = deployments.find(({ state }) => state === 'live');
  return shortly(situationOf({ deployments, ...(live ? { live } : {}) }, { ...sought, ...more }));
};
const superseded: PlatformDeployment = { ...old, state: 'superseded' };

describe('what the word of a platform means for a rollout', () => {
  it('an earlier deployment of the same release is not its own', () => {
    expect(situation([])).toEqual(['previous', undefined, undefined, undefined]);
  });

  it('its own is newer and of the release', () => {
    expect(situation([is('building', 'app@1.1')])).toEqual(['previous', 'd-3', undefined, undefined]);
    expect(situation([is('live', 'app@1.1')], {}, superseded)).toEqual(['release', 'd-3', undefined, undefined]);
  });

  it('where no release is reported, a newer one is its own by its id, or once the deploy may have been triggered', () => {
    expect(situation([is('building')])).toEqual(['previous', undefined, undefined, 'd-3']);
    expect(situation([is('building')], { triggered: true })).toEqual(['previous', 'd-3', undefined, undefined]);
    expect(situation([is('live')], { deployment: 'd-3' }, superseded)).toEqual([
      'release',
      'd-3',
      undefined,
      undefined,
    ]);
  });

  it('another release that is in progress, or live, is foreign', () => {
    expect(situation([is('pending', 'app@2.0', 'd-4'), is('live', 'app@1.1')], {}, superseded)).toEqual([
      'release',
      'd-3',
      undefined,
      'd-4',
    ]);
    expect(situation([is('live', 'app@2.0', 'd-4'), is('superseded', 'app@1.1')], {}, superseded)).toEqual([
      'other',
      'd-3',
      undefined,
      undefined,
    ]);
  });

  it('the previous release is live again by its old deployment, or by a new one', () => {
    expect(situation([is('failed', 'app@1.1')])).toEqual(['previous', 'd-3', undefined, undefined]);
    expect(situation([is('live', 'app@1.0', 'd-4'), is('superseded', 'app@1.1')], {}, superseded)).toEqual([
      'previous',
      'd-3',
      'd-4',
      undefined,
    ]);
  });

  it('where no release is reported, what came after its own is the return once that was ordered', () => {
    const newer = [is('live', undefined, 'd-4'), is('superseded')];
    expect(situation(newer, { deployment: 'd-3' }, superseded)[0]).toBe('other');
    expect(situation(newer, { deployment: 'd-3', returned: {} }, superseded)).toEqual([
      'previous',
      'd-3',
      'd-4',
      undefined,
    ]);
  });

  it('of a list that does not reach back to the rollout, everything but the previous one is newer', () => {
    const deployments = [is('live', 'app@1.1', 'd-30'), is('superseded', 'app@1.1', 'd-29')];
    expect(shortly(situationOf({ deployments, live: is('live', 'app@1.1', 'd-30') }, sought))).toEqual([
      'release',
      'd-30',
      undefined,
      undefined,
    ]);
  });

  it('nothing may be live', () => {
    expect(shortly(situationOf({ deployments: [failed] }, sought))).toEqual(['none', undefined, undefined, undefined]);
  });
});

it.each([
  ['app@1.1', true],
  ['1.1', true],
  ['registry.example.com:5000/team/app:1.1', true],
  ['registry.example.com/app:1.1@sha256:0a1b', true],
  ['app:11.1', false],
  ['registry.example.com:1.1/app', false],
  [undefined, undefined],
])('%s is of release app@1.1: %s', (release, expected) => {
  expect(isOfRelease({ id: 'd', state: 'live', ...(release === undefined ? {} : { release }) }, 'app@1.1')).toBe(
    expected,
  );
});
