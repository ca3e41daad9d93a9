import { describe, expect, it } from 'vitest';
import { readCollection } from '../../src/runners/newman-child/collection.ts';
import { guardScripts, noteIn } from '../../src/runners/newman-child/guard.ts';

const good = { info: { name: 'Good', schema: 'v2.1.0' }, item: [{ name: 'Health', request: 'http://127.0.0.1/' }] };
const problemOf = (text: string) => {
  const read = readCollection(text);
  return 'problem' in read ? read.problem : undefined;
};

describe('a file of a collection', () => {
  it.each([
    ['as Postman exports it', JSON.stringify(good)],
    ['with a byte order mark', `\uFEFF${JSON.stringify(good)}`],
    ["in the envelope of Postman's API", JSON.stringify({ collection: good })],
  ])('%s is read', (_, text) => {
    expect(readCollection(text)).toEqual({ collection: good });
  });

  it.each([
    ['{ not json', /^is not JSON: /],
    ['[]', /holds no object/],
    [
      '{"error":{"name":"instanceNotFoundError","message":"We could not find it"}}',
      /no collection: We could not find it$/,
    ],
    ['{"id":"c1","order":["r1"],"requests":[{"id":"r1"}]}', /format 1: export it from Postman as Collection v2\.1/],
    ['{"name":"settings"}', /it has no `item`/],
  ])('%s is refused with its reason', (text, problem) => {
    expect(problemOf(text)).toMatch(problem);
  });
});

describe('the guard of the scripts', () => {
  it('stands on the first line of each script, as text or in lines, and nowhere else', () => {
    const script = (exec: unknown) => ({ event: [{ listen: 'test', script: { exec } }], script: 'a value' });
    const [lines, text] = [script(['first', 'second']), script('only')].map((each) =>
      JSON.stringify(guardScripts(each)),
    );
    expect(lines).toMatch(/test\)\}first","second"\]/);
    expect(text).toMatch(/"exec":"\{.*\}only"/);
    expect(lines).toContain('"script":"a value"');
  });

  it('prints what it found as a message that no collection prints', () => {
    expect(noteIn('shiproom no assertion: "x" returns true')).toBe('"x" returns true');
    expect(noteIn('anything else')).toBeUndefined();
  });
});
