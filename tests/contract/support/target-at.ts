import { targetOfUrl, type UrlFlags } from '../../../src/config/url-flags.ts';
import type { OtpDelivery, Service } from '../../../src/core/service.ts';
import type { Target } from '../../../src/core/target.ts';
import { serviceDefaults } from './service-defaults.ts';

/** The target of --url with these flags. */
export const urlTarget = (api: string, flags: UrlFlags = {}, variables = {}): Target =>
  targetOfUrl(api, flags, { cwd: '/', variables }, serviceDefaults).target;

/** A target as `--url` makes it, with the windows of a test: the defaults are those of the contract. */
export function targetAt(api: string, more: Partial<Target> = {}): Target {
  return {
    ...urlTarget(api),
    name: 'double',
    kind: 'embedded',
    environment: { name: 'green', api, metrics: [] },
    readiness: { stableForMs: 1, intervalMs: 1, budgetMs: 1 },
    ...more,
  };
}

/** The contract's service whose one-time passwords come from elsewhere. */
export function withOtp(target: Target, delivery: OtpDelivery): Target {
  const { login } = target.service;
  const service: Service = { ...target.service, login: login.with === 'otp' ? { ...login, delivery } : login };
  return { ...target, service };
}
