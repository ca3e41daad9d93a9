import { describe, expect, it } from 'vitest';
import { parseTag, slugOf } from '../../src/core/finding-tag.ts';

describe('the tag of a finding', () => {
  it.each([
    ['a new key moves nothing @money', { text: 'a new key moves nothing', rank: 'money' }],
    ['X-Request-Id is present @form(request-id)', { text: 'X-Request-Id is present', rank: 'form', id: 'request-id' }],
    ['status 200', { text: 'status 200' }],
    ['mail to client@form', { text: 'mail to client@form' }],
    ['asks @somebody', { text: 'asks @somebody' }],
    ['@money first', { text: '@money first' }],
  ])('of "%s"', (name, parsed) => expect(parseTag(name)).toEqual(parsed));

  it('is not part of the id, which holds letters, digits and dashes only', () => {
    expect(slugOf('Release: the client’s key, again! @money')).toBe('release-the-client-s-key-again');
    expect(slugOf('  Ümläute & more  ')).toBe('umlaute-more');
  });
});
