import { describe, expect, it } from 'vitest';
import { describeDifference } from '../../src/core/expectation.ts';
import { fillPlaceholders, placeholderProblem, tokensIn } from '../../src/core/placeholders.ts';
import { isAbsent } from '../../src/core/service.ts';
import { releaseHeaderOf } from '../../src/core/target.ts';
import { targetAt } from '../contract/support/target-at.ts';

describe('an expected answer', () => {
  const json = { statuses: [200], body: { kind: 'json', subset: { status: 'ok' } } } as const;

  it.each([
    [200, '{"status":"ok","more":1}'],
    [200, '{"data":{"status":"ok"}}'],
  ])('%i %s is it', (status, text) => {
    expect(describeDifference(json, { status, text }, 'data')).toBeUndefined();
  });

  it.each([
    [200, '{"status":"degraded"}', 'it answered 200 {"status":"degraded"}, expected 200 {"status":"ok"}'],
    [503, 'no  server\n', 'it answered 503 no server, expected 200 {"status":"ok"}'],
    [204, '', 'it answered 204 without a body, expected 200 {"status":"ok"}'],
  ])('%i %s is not: both are said', (status, text, expected) => {
    expect(describeDifference(json, { status, text }, 'data')).toBe(expected);
  });

  it('a bare service has no envelope to search in', () => {
    expect(describeDifference(json, { status: 200, text: '{"data":{"status":"ok"}}' }, undefined)).toContain(
      'expected',
    );
  });

  it('a redirect is said with its address', () => {
    const answer = { status: 302, text: '', location: 'https://sso.example/' };
    expect(describeDifference({ statuses: [200], body: { kind: 'any' } }, answer, 'data')).toBe(
      'it answered 302 with a redirect to https://sso.example/, expected 200',
    );
  });

  it('a regular expression is searched, whatever its flags', () => {
    const pattern = { statuses: [200], body: { kind: 'pattern', source: '^up', flags: 'gi' } } as const;
    expect(describeDifference(pattern, { status: 200, text: 'UP' }, 'data')).toBeUndefined();
    expect(describeDifference(pattern, { status: 200, text: 'down' }, 'data')).toContain('expected 200 /^up/gi');
  });
});

it('an absent route covers what is below it, and one method where it names one', () => {
  const service = { absentRoutes: ['/wallet', 'POST /reviews'] };
  expect(isAbsent(service, 'GET', '/wallet/transactions')).toBe(true);
  expect(isAbsent(service, 'GET', '/wallets')).toBe(false);
  expect(isAbsent(service, 'POST', '/reviews')).toBe(true);
  expect(isAbsent(service, 'GET', '/reviews')).toBe(false);
});

it('the release header is the one of the identity, or there is none', () => {
  expect(releaseHeaderOf({ identity: { from: 'header', name: 'X-Version' } })).toBe('X-Version');
  expect(releaseHeaderOf({ identity: { from: 'runtime' } })).toBeUndefined();
});

describe('placeholders', () => {
  const target = targetAt('http://127.0.0.1:1');
  const client = { email: 'client@example.com', accessToken: 'token-1', expiresAt: 0 };

  it('are filled from the target and the sessions; braces of another kind stay', () => {
    const text = '{api}/x {token.client} {email.freelancer} {{theirs}} {"a":1} {web}.';
    expect(fillPlaceholders(text, target, { client })).toBe(
      'http://127.0.0.1:1/x token-1 freelancer@example.com {{theirs}} {"a":1} .',
    );
    expect(tokensIn([text, '{token.admin}{token.client}'])).toEqual(['client', 'admin']);
  });

  it('an unknown one is refused', () => {
    expect(placeholderProblem('{baseUrl}/x')).toContain('{baseUrl} is no placeholder');
    expect(placeholderProblem('{api} {token.client2}')).toBeUndefined();
  });
});
