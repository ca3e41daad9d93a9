import { describe, expect, it } from 'vitest';
import { platformSchema } from '../../src/config/platform-schema.ts';
import { readDeployments, readTriggered } from '../../src/platforms/deployments.ts';

const settingsOf = (more: object = {}) =>
  platformSchema.parse({ driver: 'command', read: ['read'], deploy: ['deploy'], ...more });
const read = (value: unknown, more: object = {}) => readDeployments(JSON.stringify(value), settingsOf(more));

describe('the deployments that a platform prints', () => {
  it('the newest one whose state is live serves users', () => {
    const deployments = [
      { id: 'c', state: 'building' },
      { id: 'b', state: 'live', release: 'r' },
      { id: 'a', state: 'live' },
    ];
    expect(read({ deployments })).toEqual({ deployments, live: deployments[1] });
  });

  it('by the fields and the words of the platform, in the order of their times', () => {
    const more = {
      fields: {
        deployments: '',
        id: 'deploy.id',
        state: 'deploy.status',
        release: 'deploy.images.0.tag',
        createdAt: 'deploy.at',
      },
      states: { live: ['ACTIVE'], superseded: ['SUPERSEDED', 'CANCELED'] },
    };
    const deploy = (id: string, status: string, at: string) => ({
      deploy: { id, status, at, images: [{ tag: `v${id}` }] },
    });
    expect(
      read([deploy('1', 'CANCELED', '2026-01-01T00:00:00Z'), deploy('2', 'ACTIVE', '2026-01-02T00:00:00Z')], more),
    ).toEqual({
      deployments: [
        { id: '2', state: 'live', release: 'v2' },
        { id: '1', state: 'superseded', release: 'v1' },
      ],
      live: { id: '2', state: 'live', release: 'v2' },
    });
  });

  it('by the id of the live one, also where the list does not reach back so far', () => {
    const deployments = [{ id: 7, state: 'live' }];
    expect(read({ deployments, current: 7 }, { fields: { live: 'current' } })).toMatchObject({ live: { id: '7' } });
    expect(read({ deployments, current: 'old' }, { fields: { live: 'current' } })).toMatchObject({
      live: { id: 'old' },
    });
    expect(read({ deployments, current: null }, { fields: { live: 'current' } })).not.toHaveProperty('live');
  });

  it.each([
    ['', 'no JSON: nothing'],
    ['all is well', 'no JSON: all is well'],
    ['{}', 'no list at deployments'],
    ['{"deployments":{}}', 'no list at deployments'],
    ['{"deployments":[null]}', 'deployment 0: no id at id'],
    ['{"deployments":[{"id":1.5,"state":"live"}]}', 'deployment 0: no id at id'],
    ['{"deployments":[{"id":"a"}]}', 'deployment 0: no state at state'],
    ['{"deployments":[{"id":"a","state":"ACTIVE"}]}', 'deployment 0: the state "ACTIVE" is none of pending'],
  ])('%s is a problem, and no guess', (text, problem) => {
    expect(readDeployments(text, settingsOf())).toEqual({ problem: expect.stringContaining(problem) as unknown });
  });

  it('an order that cannot be read is a problem', () => {
    const deployments = [{ id: 'a', state: 'live', at: 'yesterday' }];
    expect(read({ deployments }, { fields: { createdAt: 'at' } })).toEqual({
      problem: 'deployment 0: no time or number at at',
    });
  });
});

it.each([
  ['d-7\n', undefined, { deployment: 'd-7' }],
  ['Deploying to production …\ndone\n', undefined, {}],
  ['', undefined, {}],
  ['[{"id":"d-7"}]', '0.id', { deployment: 'd-7' }],
  ['{"id":12}', 'id', { deployment: '12' }],
  ['started', 'id', {}],
])('the id in %j by %s', (text, triggered, expected) => {
  expect(readTriggered(text, triggered === undefined ? {} : { triggered })).toEqual(expected);
});
