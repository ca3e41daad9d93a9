import { tokensIn } from '../core/placeholders.ts';
import type { Answers, Login, OtpDelivery, Service, TokenFields, User } from '../core/service.ts';
import { expectationOf } from './expectation-schema.ts';
import type { ServiceDefaults } from './service-file.ts';
import type { AnswersKey, LoginKey, UsersKey } from './service-schema.ts';
import { withoutUndefined } from './target-schemas.ts';

type Given = Parameters<typeof expectationOf>[0];

/** The keys of a target file that say what the service is like. */
export interface ServiceKeys {
  readonly paths: {
    readonly auth: string;
    readonly health?: Given;
    readonly ready?: Given | 'none';
  };
  readonly users?: UsersKey | undefined;
  readonly login: LoginKey;
  readonly otp?: OtpDelivery | undefined;
  readonly answers: AnswersKey;
  readonly absent: readonly string[];
}

export function serviceOf(
  { paths, users, login, otp, answers, absent }: ServiceKeys,
  defaults: Pick<ServiceDefaults, 'paths' | 'users'>,
): Service {
  return {
    health: expectationOf(paths.health, defaults.paths.health),
    readiness: paths.ready === 'none' ? 'none' : expectationOf(paths.ready, defaults.paths.ready),
    login: loginOf(login, paths.auth, otp),
    users: usersOf(users ?? usersOfLogin(login, defaults.users), login),
    answers: answersOf(answers),
    absentRoutes: absent,
  };
}

function loginOf(login: LoginKey, auth: string, delivery: OtpDelivery = { from: 'response' }): Login {
  if (login.with === 'none') return login;
  const refresh = login.refresh ?? (login.with === 'token' ? 'none' : `${auth}/refresh`);
  const refreshing = refresh === 'none' ? {} : { refresh };
  if (login.with === 'token') {
    const { command, tokenLife } = login;
    return { with: 'token', ...withoutUndefined({ command }), ...refreshing, lifeMs: tokenLife };
  }
  const tokens: TokenFields = {
    access: login.accessToken,
    ...(login.refreshToken === 'none' ? {} : { refresh: login.refreshToken }),
    lifeMs: login.tokenLife,
  };
  if (login.with === 'otp') {
    const { request = `${auth}/login`, verify = `${auth}/verify-otp` } = login;
    return { with: 'otp', delivery, request, verify, ...refreshing, tokens };
  }
  const { path = `${auth}/login`, userField: user, passwordField: password } = login;
  return { with: 'password', path, ...refreshing, fields: { user, password }, tokens };
}

/** A token belongs to a named user, so the default users are those of the other log-ins. */
export const usersOfLogin = (login: LoginKey, users: UsersKey): UsersKey =>
  login.with === 'otp' || login.with === 'password' ? users : {};

function usersOf(users: UsersKey, login: LoginKey): Service['users'] {
  const shared = login.with === 'password' ? login.password : undefined;
  return Object.fromEntries(
    Object.entries(users).map(
      ([name, { email, username, password = shared, token }]: [string, UserKey]): [string, User] => [
        name,
        { email: email ?? username ?? '', ...withoutUndefined({ password, token }) },
      ],
    ),
  );
}

interface UserKey {
  readonly email?: string;
  readonly username?: string;
  readonly password?: string | undefined;
  readonly token?: string;
}

function answersOf({ envelope, requestIdHeader, error }: AnswersKey): Answers {
  return {
    ...(envelope === 'bare' ? {} : { envelope }),
    ...(requestIdHeader === 'none' ? {} : { requestIdHeader }),
    error: Object.fromEntries(Object.entries(error).filter(([, field]) => field !== 'none')),
  };
}

interface Contradiction {
  readonly path: readonly string[];
  readonly message: string;
}

/** What each key allows and the keys together do not. */
export function contradictionsIn({ login, otp, users }: Pick<ServiceKeys, 'login' | 'otp' | 'users'>): Contradiction[] {
  const found: Contradiction[] = [];
  if (otp && login.with !== 'otp')
    found.push({ path: ['otp'], message: `contradicts a log-in with ${login.with}: leave \`otp\` or \`login\` out` });
  for (const [name, user] of Object.entries<UserKey>(users ?? {})) {
    const problem = missingOf(user, login);
    if (problem !== undefined) found.push({ path: ['users', name], message: problem });
  }
  if (login.with === 'password' && login.password === undefined && users === undefined)
    found.push({ path: ['login', 'password'], message: 'a log-in with password needs it, or `users` with passwords' });
  if (login.with === 'token' && users === undefined)
    found.push({ path: ['login'], message: 'a log-in with token needs `users`, each with its `token`' });
  return found;
}

interface Handed {
  readonly smoke: Readonly<Record<'postmanVariables' | 'playwrightVariables', Readonly<Record<string, string>>>>;
  readonly load: { readonly variables: Readonly<Record<string, string>> };
}

/** Tokens that are handed to a tool and that no user has. */
export function missingUsers({ smoke, load }: Handed, users: readonly string[]): Contradiction[] {
  const handed = [
    ...(['postmanVariables', 'playwrightVariables'] as const).map((key) => [['smoke', key], smoke[key]] as const),
    [['load', 'variables'], load.variables] as const,
  ];
  return handed.flatMap(([path, variables]) =>
    Object.entries(variables).flatMap(([name, text]) =>
      tokensIn([text])
        .filter((user) => !users.includes(user))
        .map((user) => ({ path: [...path, name], message: `the target has no user ${user}; add it to \`users\`` })),
    ),
  );
}

/** What the log-in of this user needs and the file does not have. */
function missingOf({ email, username, password, token }: UserKey, login: LoginKey): string | undefined {
  if (token !== undefined || login.with === 'none') return undefined;
  if (login.with === 'token')
    return login.command ? undefined : "a log-in with token needs the user's `token`, or `login.command`";
  if (email === undefined && username === undefined) return 'the user needs an `email` or a `username`';
  if (login.with === 'password' && password === undefined && login.password === undefined)
    return "a log-in with password needs the user's `password`, or `login.password` for all";
  return undefined;
}
