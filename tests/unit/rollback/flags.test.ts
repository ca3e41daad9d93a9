import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyChanges, diffFlags, type FlagSnapshot, planFlagRestoration } from '../../../src/core/flags.ts';
import { setMember } from '../../../src/flags/json-members.ts';

const before: FlagSnapshot = { a: '1', b: '1', gone: '1' };

describe('what a rollback restores of the flags', () => {
  it('is what the release changed until its first traffic, as long as nobody has changed it since', () => {
    const released = { a: '2', b: '2', made: '1' };
    const now = { a: '2', b: '3', made: '1', later: '1' };
    expect(planFlagRestoration({ before, released, now }, undefined)).toEqual({
      restore: [
        { name: 'a', from: '2', to: '1' },
        { name: 'gone', to: '1' },
        { name: 'made', from: '1' },
      ],
      restored: [],
      left: [
        { name: 'b', because: 'the release changed it, and it was changed again afterwards' },
        { name: 'later', because: 'it was changed after the first traffic' },
      ],
    });
  });

  it('is what changed until the rollback where the release had no traffic', () => {
    const { restore, left } = planFlagRestoration({ before, now: { ...before, a: '2' } }, undefined);
    expect([restore, left]).toEqual([[{ name: 'a', from: '2', to: '1' }], []]);
  });

  it('of owned flags is also what was changed later in the rollout, and nothing of others', () => {
    const now = { ...before, a: '2', b: '2' };
    expect(planFlagRestoration({ before, released: before, now }, ['a*'])).toEqual({
      restore: [{ name: 'a', from: '2', to: '1' }],
      restored: [],
      left: [{ name: 'b', because: 'it is not one of flags.owned' }],
    });
  });

  it('of owned flags is left alone where it was changed after the rollout had ended', () => {
    const now = { ...before, a: '3', b: '3' };
    const { restore, left } = planFlagRestoration({ before, promoted: { ...before, a: '2' }, now }, ['a', 'b']);
    expect(restore).toEqual([]);
    expect(left.map(({ name }) => name)).toEqual(['a', 'b']);
  });

  it('takes the pattern of an owned flag literally but for its stars', () => {
    const now = { 'checkout.new': '1', checkoutXnew: '1' };
    const { restore } = planFlagRestoration({ before: {}, now }, ['checkout.*']);
    expect(restore.map(({ name }) => name)).toEqual(['checkout.new']);
  });
});

const names = fc.constantFrom('a', 'b', 'c', '__proto__', 'constructor');
const snapshots = fc.dictionary(names, fc.constantFrom('1', '2', '3'));

describe('properties', () => {
  it('a flag is restored only from the value of the release to the one before it', () =>
    fc.assert(
      fc.property(snapshots, snapshots, snapshots, (was, released, now) => {
        const { restore, restored, left } = planFlagRestoration({ before: was, released, now }, undefined);
        const valueOf = (of: FlagSnapshot, name: string) => (Object.hasOwn(of, name) ? of[name] : undefined);
        for (const { name, from, to } of restore) {
          expect(from).toBe(valueOf(now, name));
          expect(from).toBe(valueOf(released, name));
          expect(to).toBe(valueOf(was, name));
        }
        // Afterwards nothing differs but what is listed as left alone, and a second plan restores nothing.
        const after = applyChanges(now, restore);
        expect(diffFlags(was, after).map(({ name }) => name)).toEqual(left.map(({ name }) => name));
        const again = planFlagRestoration({ before: was, released, now: after }, undefined);
        expect(again.restore).toEqual([]);
        expect(again.restored).toEqual([...restored, ...restore.map(({ name }) => name)].toSorted());
      }),
    ));

  it('a difference turns one snapshot into the other', () =>
    fc.assert(
      fc.property(snapshots, snapshots, (a, b) => {
        expect(diffFlags(applyChanges(a, diffFlags(a, b)), b)).toEqual([]);
      }),
    ));

  it('a member is set or removed in any JSON text, and the rest stays', () =>
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue()),
        fc.string(),
        fc.option(fc.jsonValue(), { nil: undefined }),
        fc.constantFrom(undefined, 1, 2, '\t'),
        (flags, name, value, indent) => {
          fc.pre(name !== '__proto__' && !Object.hasOwn(flags, '__proto__'));
          const text = JSON.stringify({ $schema: '"}{', flags, after: [1, { flags: 2 }] }, null, indent);
          const expected: Record<string, unknown> = JSON.parse(JSON.stringify(flags)) as Record<string, unknown>;
          if (value === undefined) delete expected[name];
          else expected[name] = JSON.parse(JSON.stringify(value));
          const changed = JSON.parse(setMember(text, 'flags', name, value)) as Record<string, unknown>;
          expect(changed).toEqual({ $schema: '"}{', flags: expected, after: [1, { flags: 2 }] });
        },
      ),
    ));
});
