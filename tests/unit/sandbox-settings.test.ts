import { expect, test } from 'vitest';
import { readSettings } from '../../sandbox/api/settings.ts';
import { releases } from '../../sandbox/releases.ts';

const env = {
  PORT: '4001',
  DATABASE_URL: 'postgres://127.0.0.1/freetask',
  APP_RELEASE: 'freetask@1.4.0',
  APP_COLOR: 'blue',
  JWT_SECRET: 'a-secret-of-the-test-only',
};

test('an instance has defaults for most settings, and its schema by its release', () => {
  expect(readSettings(env)).toMatchObject({
    host: '127.0.0.1',
    port: 4001,
    release: { name: 'freetask@1.4.0', schema: 1 },
    authPrefix: '/auth',
    apiPrefix: '',
    defects: {},
  });
});

test.each(releases)('the defects of $name are read from the environment unchanged', ({ name, defects }) => {
  expect(readSettings({ ...env, APP_RELEASE: name, DEFECTS: JSON.stringify(defects) }).defects).toEqual(defects);
});

test.each([
  ['APP_RELEASE', 'freetask@0.0.1', 'not in the catalogue'],
  ['APP_COLOR', 'red', 'APP_COLOR'],
  ['PORT', 'http', 'PORT'],
  ['API_PREFIX', 'api/', 'starts with a slash'],
  ['JWT_SECRET', 'short', 'JWT_SECRET'],
  ['DATABASE_URL', undefined, 'DATABASE_URL'],
  ['DEFECTS', '{', 'is not JSON'],
  ['DEFECTS', '{"chatOpne":true}', 'chatOpne'],
  ['DEFECTS', '{"readErrorRate":2}', 'readErrorRate'],
])('%s=%s does not start', (name, value, reason) => {
  expect(() => readSettings({ ...env, [name]: value })).toThrow(reason);
});
