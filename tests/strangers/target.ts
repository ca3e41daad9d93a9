import { readinessProbe, type Service } from '../../src/core/service.ts';
import type { Target } from '../../src/core/target.ts';
import { targetAt } from '../contract/support/target-at.ts';
import type { Habits } from './habits.ts';
import { password, users } from './server.ts';

/** What a target file says of a server with these habits, as far as the journeys are concerned. */
export function targetOf(api: string, habits: Habits): Target {
  const target = targetAt(api);
  const { health } = target.service;
  const tokens = { access: 'accessToken', refresh: 'refreshToken', lifeMs: 900_000 };
  const refresh = `${habits.auth}/refresh`;
  const service: Service = {
    ...target.service,
    health: { ...health, path: habits.health },
    readiness: habits.ready === 'none' ? 'none' : { ...readinessProbe(target.service), path: habits.ready },
    login:
      habits.login === 'password'
        ? {
            with: 'password',
            path: `${habits.auth}/login`,
            refresh,
            fields: { user: 'email', password: 'password' },
            tokens,
          }
        : {
            with: 'otp',
            delivery: { from: 'response' },
            request: `${habits.auth}/login`,
            verify: `${habits.auth}/verify-otp`,
            refresh,
            tokens,
          },
    users: Object.fromEntries(users.map(({ name, email }) => [name, { email, password }])),
    answers: {
      ...(habits.envelope === 'bare' ? {} : { envelope: habits.envelope }),
      ...(habits.requestIdHeader === 'none' ? {} : { requestIdHeader: habits.requestIdHeader }),
      error:
        habits.errors === 'problem'
          ? { message: 'title', details: 'errors' }
          : { message: 'error.message', details: 'error.details', requestId: 'requestId' },
    },
    absentRoutes: habits.absent,
  };
  return {
    ...target,
    paths: { auth: habits.auth, api: habits.api },
    service,
    identity: { from: 'header', name: habits.releaseHeader },
    // The collection alone: it tries ownership itself then.
    smoke: { ...target.smoke, playwright: false },
  };
}
