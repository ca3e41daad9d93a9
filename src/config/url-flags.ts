import { join } from 'node:path';
import { UserError } from '../core/errors.ts';
import type { Target } from '../core/target.ts';
import { environment, type UrlFlag, urlFlags, type Variables } from './url-flag-list.ts';
import { problemsOf } from './schema-problems.ts';
import { chooseEnvironment } from './target-file.ts';
import type { ServiceDefaults } from './service-file.ts';
import { deploymentSchemaWith } from './target-schema.ts';

type FlagValue = string | readonly string[] | undefined;
/** Values of the flags by their key. */
export interface UrlFlags {
  readonly [key: string]: unknown;
  readonly web?: string | undefined;
}

const textsOf = (value: FlagValue): readonly string[] | undefined =>
  value === undefined ? undefined : typeof value === 'string' ? [value] : value;

/** The flags on the command line that go with --url only. */
export const givenFlags = (flags: UrlFlags): readonly string[] =>
  urlFlags.filter(({ key }) => flags[key] !== undefined).map(({ flag: spec }) => spec.split(' ')[0] ?? spec);

const loopback = /^(localhost|127(\.\d+){3}|\[::1\])$/;

/**
 * A service by its address: the flags are the keys of a target file, with the same defaults and the same checks. An address
 * beyond this machine is treated as production. Throws UserError with the flag that is wrong.
 */
export function targetOfUrl(
  url: string,
  flags: UrlFlags,
  { cwd, variables }: { readonly cwd: string; readonly variables: Variables },
  defaults: ServiceDefaults,
): { readonly kind: 'url'; readonly target: Target; readonly secrets: readonly string[] } {
  const raw: Record<string, unknown> = {
    name: 'url',
    kind: URL.canParse(url) && loopback.test(new URL(url).hostname) ? 'staging' : 'production',
    environments: { public: { api: url } },
  };
  const given = urlFlags.flatMap((each) => {
    const texts = textsOf(flags[each.key] as FlagValue);
    return texts ? [{ ...each, value: each.read ? each.read(texts, variables) : texts[0] }] : [];
  });
  for (const { path, value } of given) put(raw, path, value);
  completeLogin(raw, defaults);
  const schema = deploymentSchemaWith(defaults);
  const parsed = schema.safeParse(raw);
  if (!parsed.success) throw refusal(problemsOf(parsed.error, { schema, value: raw }), url, given);
  const chosen = chooseEnvironment(join(cwd, '--url'), { ...parsed.data, secrets: [], defaults }, undefined);
  const target: Target = { ...chosen, settingsFrom: 'flags' };
  const secrets = Object.values(target.service.users).flatMap(({ password, token }) =>
    [password ?? [], token ?? []].flat(),
  );
  return { kind: 'url', target, secrets };
}

/** Sets a key; what several flags say of the users is put together. */
function put(raw: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const [key = '', ...rest] = path;
  const held = raw[key];
  if (rest.length > 0) return put((raw[key] ??= {}) as Record<string, unknown>, rest, value);
  raw[key] = isRecord(held) && isRecord(value) ? merged(held, value) : value;
}

function merged(held: Record<string, unknown>, more: Record<string, unknown>): Record<string, unknown> {
  const entries = Object.entries(more).map(([key, value]) => {
    const old = held[key];
    return [key, isRecord(old) && isRecord(value) ? { ...old, ...value } : value];
  });
  return { ...held, ...(Object.fromEntries(entries) as Record<string, unknown>) };
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

const ofPassword = ['path', 'password', 'userField', 'passwordField'];
const ofOtp = ['request', 'verify'];

/** Without --login the flags of a log-in say which it is, and others are those of the default log-in. */
function completeLogin(raw: Record<string, unknown>, { login: { with: kind } }: ServiceDefaults): void {
  const { login } = raw;
  if (!isRecord(login) || login['with'] !== undefined) return;
  const has = (keys: readonly string[]) => keys.some((key) => key in login);
  login['with'] = has(ofPassword) ? 'password' : has(ofOtp) ? 'otp' : kind;
}

function refusal(problems: ReturnType<typeof problemsOf>, url: string, given: readonly UrlFlag[]): UserError {
  const lines = problems.map(({ path, message }) => {
    const key = path.join('.');
    const isOf = ({ path: own }: UrlFlag) => key === own.join('.') || key.startsWith(`${own.join('.')}.`);
    // Several flags set one key; without any of them the first is what is missing.
    const found = given.find(isOf) ?? urlFlags.find(isOf);
    if (found) return `${found.flag.split(' ')[0]}: ${message}`;
    if (key === `${environment}.api`) return `--url ${url.replace(/\/\/[^@/]*@/, '//')}: ${message}`;
    return `--${path[0] ?? 'url'}: ${message}`;
  });
  return new UserError(lines.join('\n'), [
    'npm run verify -- --help   lists the flags of --url',
    '--url http://127.0.0.1:3000',
  ]);
}
