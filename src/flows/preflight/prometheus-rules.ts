import type { Deployment } from '../../config/target-file.ts';
import { readAlertingRules, type ReadAlertingRules } from '../../sources/prometheus-alerts.ts';
import type { Clock } from '../../system/clock.ts';
import { secretIn } from '../courtesies.ts';

/** The alerting rules of the Prometheus that the target file names, with the silences of its Alertmanager. Never throws. */
export async function readPrometheusRules(
  deployment: Pick<Deployment, 'metrics' | 'preflight'>,
  variables: Readonly<Record<string, string | undefined>>,
  call: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<ReadAlertingRules> {
  const { prometheus: own, alertmanager } = deployment.preflight?.monitoring ?? {};
  const source = deployment.metrics?.source;
  const server = own ?? (source?.driver === 'prometheus' ? source : undefined);
  if (!server) return { problem: 'the target file names no Prometheus: preflight.monitoring.prometheus: { url: … }' };
  const secret = secretIn(variables);
  const unset = [server.token, alertmanager?.token].find((name) => name !== undefined && secret(name) === undefined);
  if (unset !== undefined) return { problem: `the environment variable ${unset} is not set` };
  const tokenOf = (name: string | undefined) => (name === undefined ? undefined : secret(name));
  return readAlertingRules(
    {
      url: server.url,
      token: tokenOf(server.token),
      ...(alertmanager ? { alertmanager: { url: alertmanager.url, token: tokenOf(alertmanager.token) } } : {}),
    },
    call,
  );
}
