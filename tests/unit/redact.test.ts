import { describe, expect, it } from 'vitest';
import { createMask, maskValue } from '../../src/core/redact.ts';

const mask = createMask(() => ['known-secret', 'ab']);

describe('a mask', () => {
  it.each([
    ['a known secret', 'x known-secret y', 'x ‹masked› y'],
    ['a JWT', 'token eyJhbGciOi.eyJzdWIiOi.c2lnbmF0dXJl!', 'token ‹masked›!'],
    ['a bearer', 'Authorization: Bearer abcdef0123456789', 'Authorization: Bearer ‹masked›'],
    ['a JSON value', '{"otp":"123456","refreshToken": "r-1"}', '{"otp":"‹masked›","refreshToken": "‹masked›"}'],
    ['JSON within JSON', '{"body":"{\\"otp\\":\\"123456\\"}"}', '{"body":"{\\"otp\\":\\"‹masked›\\"}"}'],
  ])('hides %s', (_, text, masked) => {
    expect(mask(text)).toBe(masked);
  });

  it.each(['verify-otp: returned 401', 'Log in: a wrong code is refused', 'grab ab', '{"otp":{"from":"response"}}'])(
    'leaves %s',
    (text) => {
      expect(mask(text)).toBe(text);
    },
  );
});

describe('a mask of values', () => {
  const ofCode = createMask(() => ['482913']);

  it('hides texts, also by their key, and leaves numbers, which an OTP may be part of', () => {
    const value = { text: 'code 482913', otp: 'abc', at: 1_482_913_000, exact: 482_913, list: ['482913'] };
    expect(maskValue(value, ofCode)).toEqual({
      text: 'code ‹masked›',
      otp: '‹masked›',
      at: 1_482_913_000,
      exact: 482_913,
      list: ['‹masked›'],
    });
  });

  it('a code of digits is not hidden within a request id', () => {
    expect(ofCode('a1b2-482913-ffff x482913')).toBe('a1b2-482913-ffff x482913');
  });
});
