import { chooseEnvironment } from '../../src/config/target-file.ts';
import type { Target } from '../../src/core/target.ts';
import { parseDeployment } from '../contract/support/service-defaults.ts';
import { contractual, type Habits } from './habits.ts';
import { password, release, users } from './server.ts';

/** A server that differs from FreeTask in one thing, and what its target file says about that. tests/strangers/orders is the fifth. */
export interface Description {
  readonly habits: Habits;
  readonly file: Readonly<Record<string, unknown>>;
}

export const descriptions = {
  noReadinessRoute: { habits: { ...contractual, ready: 'none' }, file: { paths: { ready: 'none' } } },
  bareAndPassword: {
    habits: { ...contractual, envelope: 'bare', login: 'password' },
    file: { answers: { envelope: 'bare' }, login: { with: 'password', password } },
  },
  /** 30 a minute, sixty times as fast: a whole journey takes eight minutes otherwise. */
  limited: {
    habits: { ...contractual, limit: { requests: 30, perMs: 1000, from: 'first' } },
    file: { rateLimit: '30/s' },
  },
  /** Nothing to say: no file can make a peer close. */
  closeUnanswered: { habits: { ...contractual, answersClose: false }, file: {} },
} as const satisfies Readonly<Record<string, Description>>;

/** As an operator's file at the address of the server. */
export const describedTarget = (api: string, { file }: Description): Target =>
  chooseEnvironment(
    'stranger.json',
    parseDeployment(
      'stranger.json',
      JSON.stringify({
        name: 'stranger',
        kind: 'staging',
        environments: { green: { api, release } },
        users: Object.fromEntries(users.map(({ name, email }) => [name, email])),
        readiness: { stableFor: '300ms', interval: '50ms', budget: '10s' },
        smoke: { playwright: false },
        ...file,
      }),
    ),
    undefined,
  );
