import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent, type RequestOptions } from 'node:https';
import { messageOf } from '../../core/errors.ts';
import type { ClusterAccess } from './config.ts';
import type { Credentials } from './credentials.ts';

export interface Agents {
  /** The connections for these credentials, and headers of a provider of the package. */
  readonly of: (credentials: Credentials) => Promise<Connections>;
}

interface Connections {
  readonly agent: HttpAgent | undefined;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The API server closes an idle connection after 90 s, and a load balancer before it may do so earlier. */
const idleMs = 15_000;

/** Connections that are kept open between requests, until a certificate is rotated. */
export function openAgents(access: ClusterAccess): Agents {
  let kept: { readonly key: string; readonly agent: HttpAgent } | undefined;
  const usesPackage = access.user.authProvider !== undefined || access.cluster.proxyUrl !== undefined;
  let configured: Promise<Configured> | undefined;
  return {
    of: async ({ tls }) => {
      if (usesPackage) {
        configured ??= configure(access);
        return (await configured)(tls);
      }
      const key = JSON.stringify([tls.servername, tls.rejectUnauthorized, ...[tls.ca, tls.cert, tls.key].map(String)]);
      if (kept?.key !== key) {
        kept?.agent.destroy();
        const options = { keepAlive: true, timeout: idleMs };
        const isPlain = access.server.startsWith('http:');
        kept = { key, agent: isPlain ? new HttpAgent(options) : new HttpsAgent({ ...options, ...tls }) };
      }
      return { agent: kept.agent };
    },
  };
}

type Configured = (tls: Credentials['tls']) => Promise<Connections>;

/** Proxies, and the providers that kubectl had before exec plugins (oidc, gcp, azure), are those of the package. */
async function configure({ server, cluster, user }: ClusterAccess): Promise<Configured> {
  // Loaded here, because most commands do not need it; it takes half a second.
  const { KubeConfig } = await import('@kubernetes/client-node/dist/config.js');
  const config = new KubeConfig();
  const name = 'target';
  const authProvider = user.authProvider as { name: string; config: object } | undefined;
  config.loadFromOptions({
    clusters: [
      {
        name,
        server,
        skipTLSVerify: cluster.isUnverified === true || server.startsWith('http:'),
        ...(cluster.proxyUrl === undefined ? {} : { proxyUrl: cluster.proxyUrl }),
      },
    ],
    users: [{ name, ...(authProvider === undefined ? {} : { authProvider }) }],
    contexts: [{ name, cluster: name, user: name }],
    currentContext: name,
  });
  return async (tls) => {
    const options: RequestOptions = { ...tls, headers: {} };
    await config.applyToHTTPSOptions(options);
    return { agent: options.agent as HttpAgent | undefined, headers: options.headers as Record<string, string> };
  };
}

/** What is wrong with a certificate; undefined for every other error. */
export function certificateWords(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  switch (code) {
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
      return 'the certificate of the API server is signed by an unknown authority; certificate-authority of the kubeconfig names the right one';
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return 'the certificate of the API server is not for this host; tls-server-name of the kubeconfig names another one';
    case 'CERT_HAS_EXPIRED':
      return 'the certificate of the API server has expired';
    default:
      return /\bALERT_CERTIFICATE|SSLV3_ALERT_BAD_CERTIFICATE|ERR_SSL_TLSV1[23]?_ALERT/.test(
        `${code} ${messageOf(error)}`,
      )
        ? 'the API server refused the client certificate'
        : undefined;
  }
}
