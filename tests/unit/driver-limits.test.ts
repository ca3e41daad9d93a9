import { describe, expect, it } from 'vitest';
import { migrationsSchema, routerSchema, runtimeSchema } from '../../src/config/driver-settings.ts';

const limits = { timeout: '90s', readTimeout: '5s' };
const inMs = { timeoutMs: 90_000, readTimeoutMs: 5000 };
const places = [{ name: 'blue-1', colour: 'blue', address: 'http://127.0.0.1:1' }];

describe('the time limits of a target file', () => {
  it.each([
    ['router command', routerSchema, { driver: 'command', read: ['r'], set: ['s'] }],
    ['runtime command', runtimeSchema, { driver: 'command', read: ['r'], start: ['s'], stop: ['s'], places }],
    [
      'runtime docker-compose',
      runtimeSchema,
      { driver: 'docker-compose', file: 'f', project: 'p', places: [{ ...places[0], service: 'api' }] },
    ],
    ['migrations command', migrationsSchema, { driver: 'command', status: ['s'], up: ['u'], down: ['d'] }],
  ] as const)('reach the driver of %s', (_, schema, settings) => {
    expect(schema.parse({ ...settings, ...limits })).toMatchObject(inMs);
    expect(schema.parse(settings)).not.toHaveProperty('timeoutMs');
  });

  it('of haproxy are one limit, and its servers are named by colour', () => {
    const settings = { driver: 'haproxy', socket: '/s', backend: 'freetask' };
    const servers = { blue: ['api-a*'], green: ['api-b*'] };
    expect(routerSchema.parse({ ...settings, timeout: '3s', servers })).toMatchObject({ timeoutMs: 3000, servers });
    expect(() => routerSchema.parse({ ...settings, servers: { blue: ['api-a*'] } })).toThrow('green');
  });
});
