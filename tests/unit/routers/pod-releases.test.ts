import { expect, it } from 'vitest';
import { indistinct, type SideReleases } from '../../../src/routers/kubernetes/pod-releases.ts';

const side = (...names: readonly string[]): SideReleases => ({ names: new Set(names), silent: [], pods: names.length });

it('two sides of one release have no share to measure; a side with a release of its own and the other’s was not measured', () => {
  expect(indistinct({ blue: side('1.0.0'), green: side('1.1.0') })).toBeUndefined();
  expect(indistinct({ blue: side('1.0.0'), green: side('1.0.0') })).toMatchObject({ same: true });
  expect(indistinct({ blue: side('1.0.0', '1.1.0'), green: side('1.1.0') })).toEqual({
    same: false,
    text: 'pods of both sides run 1.1.0, and blue 1.0.0 as well, so their answers cannot be distinguished',
  });
});
