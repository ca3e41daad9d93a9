import type { OtpDelivery, UserName } from '../core/service.ts';
import { releaseHeaderOf, type Sessions, type Target } from '../core/target.ts';

/** One-time passwords of a target whose users log in otherwise are never asked for. */
export const otpOf = ({ service: { login } }: Target): OtpDelivery =>
  login.with === 'otp' ? login.delivery : { from: 'response' };

export const emailsOf = ({ service: { users } }: Target): Record<UserName, string> =>
  Object.fromEntries(Object.entries(users).map(([name, { email }]) => [name, email]));

interface Given {
  readonly expectedRelease?: string | undefined;
  /** Of the users who logged in before the journey, because the journey itself does not log them in. */
  readonly sessions?: Sessions | undefined;
}

/** The variables of a Postman collection that describe the target; those of postman/environments are the same. */
export function collectionVariables(
  target: Target,
  { expectedRelease = '', sessions = {} }: Given,
): Record<string, string> {
  const { environment, paths, service, smoke } = target;
  const { health, readiness } = service;
  const otp = otpOf(target);
  // Where our Playwright folder runs, it tries ownership: two more logins would exceed the limit of five a minute.
  const elsewhere = smoke.playwright === undefined;
  return {
    base_url: environment.api,
    auth_path: paths.auth,
    api_path: paths.api,
    health_path: health.path,
    health_status: String(health.statuses[0] ?? 200),
    ready_path: readiness === 'none' ? '' : readiness.path,
    ready_status: readiness === 'none' ? '' : String(readiness.statuses[0] ?? 200),
    ...userVariables(target, elsewhere ? smoke.ours.second : []),
    ownership_elsewhere: elsewhere ? 'Playwright' : '',
    ...logInVariables(target),
    otp_source: otp.from === 'command' ? 'url' : otp.from,
    otp_code: otp.from === 'fixed' ? otp.code : '',
    ...answerVariables(target),
    absent_routes: service.absentRoutes.join(','),
    expected_release: expectedRelease,
    ...Object.fromEntries(
      Object.entries(sessions).flatMap(([user, session]) => [
        [`${user}_token`, session?.accessToken ?? ''],
        [`${user}_refresh`, session?.refreshToken ?? ''],
      ]),
    ),
  };
}

function userVariables(
  { service: { users }, smoke: { ours } }: Target,
  without: readonly UserName[],
): Record<string, string> {
  const each = ours.users.map((name) => ({ name, user: without.includes(name) ? undefined : users[name] }));
  return Object.fromEntries(
    each.flatMap(({ name, user }) => [
      [`${name}_email`, user?.email ?? ''],
      [`${name}_password`, user?.password ?? ''],
    ]),
  );
}

function logInVariables({ service: { login } }: Target): Record<string, string> {
  const tokens = login.with === 'otp' || login.with === 'password' ? login.tokens : undefined;
  return {
    login_kind: login.with,
    login_path: login.with === 'otp' ? login.request : login.with === 'password' ? login.path : '',
    verify_path: login.with === 'otp' ? login.verify : '',
    refresh_path: login.with === 'none' ? '' : (login.refresh ?? ''),
    access_field: tokens?.access ?? '',
    refresh_field: tokens?.refresh ?? '',
    user_field: login.with === 'password' ? login.fields.user : '',
    password_field: login.with === 'password' ? login.fields.password : '',
  };
}

function answerVariables(target: Target): Record<string, string> {
  const { envelope = '', requestIdHeader = 'none', error } = target.service.answers;
  return {
    envelope,
    request_id_header: requestIdHeader,
    release_header: releaseHeaderOf(target) ?? 'none',
    error_message: error.message ?? 'none',
    error_details: error.details ?? 'none',
    error_request_id: error.requestId ?? 'none',
  };
}

/** The environment variables of a Playwright folder that describe the target; smoke/settings.ts explains each. */
export function playwrightVariables(target: Target, expectedRelease = ''): Record<string, string> {
  const { environment, paths, service, smoke } = target;
  const { login, answers, absentRoutes } = service;
  const emails = emailsOf(target);
  const { request, verify } = login.with === 'otp' ? login : {};
  const tokens = login.with === 'otp' || login.with === 'password' ? login.tokens : undefined;
  return {
    SHIPROOM_API_URL: environment.api,
    SHIPROOM_WEB_URL: environment.web ?? '',
    SHIPROOM_AUTH_PATH: paths.auth,
    SHIPROOM_API_PATH: paths.api,
    ...Object.fromEntries(smoke.ours.users.map((name) => [`SHIPROOM_${name.toUpperCase()}_EMAIL`, emails[name] ?? ''])),
    SHIPROOM_OTP: JSON.stringify(otpOf(target)),
    SHIPROOM_SERVICE: JSON.stringify({
      login: { with: login.with, request, verify, tokens },
      answers: { envelope: answers.envelope, requestIdHeader: answers.requestIdHeader },
      releaseHeader: releaseHeaderOf(target),
      absentRoutes,
    }),
    SHIPROOM_EXPECTED_RELEASE: expectedRelease,
  };
}
