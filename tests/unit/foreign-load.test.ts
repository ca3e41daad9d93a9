import { expect, it } from 'vitest';
import { UserError } from '../../src/core/errors.ts';
import { refuseForeignScript } from '../../src/flows/prepare.ts';

it("a target's own k6 script is refused, and our load is not run in its place", () => {
  const script = { path: '/srv/their-load.js', options: 'kept', metrics: {}, variables: {} } as const;
  const refuse = () => refuseForeignScript({ load: { profile: 'stage', script } });
  expect(refuse).toThrow(UserError);
  expect(refuse).toThrow(/their-load\.js/);
  expect(() => refuseForeignScript({ load: { profile: 'stage' } })).not.toThrow();
});
