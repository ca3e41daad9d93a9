import { UserError } from '../../core/errors.ts';
import { createMask, type Mask } from '../../core/redact.ts';
import { readText } from '../files.ts';
import type { ClusterAccess } from './config.ts';
import { openPlugin } from './plugin.ts';

/** What one request is authenticated with. */
export interface Credentials {
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly tls: {
    readonly ca?: Buffer;
    readonly cert?: Buffer;
    readonly key?: Buffer;
    readonly servername?: string;
    readonly rejectUnauthorized?: boolean;
  };
}

export interface CredentialSource {
  readonly current: () => Promise<Credentials>;
  /** After a 401: whether the next credentials may be others. */
  readonly renew: () => boolean;
  /** Removes every credential that this source has had from a text. */
  readonly mask: Mask;
}

/** Reads rotated files anew for each request; an exec plugin is run again when its credentials expire. */
export function openCredentials(
  access: ClusterAccess,
  variables: Readonly<Record<string, string | undefined>>,
): CredentialSource {
  const { user, cluster } = access;
  const secrets = new Set<string>();
  const remember = (secret: string | undefined) => secret !== undefined && secret !== '' && secrets.add(secret);
  const plugin = user.exec && openPlugin(user.exec, access, variables);
  const current = async (): Promise<Credentials> => {
    const [ca, certificate, key, file, issued] = await Promise.all([
      bytesOf(cluster.caFile, cluster.caData, access),
      bytesOf(user.certFile, user.certData, access),
      bytesOf(user.keyFile, user.keyData, access),
      bytesOf(user.tokenFile, undefined, access),
      plugin?.current(),
    ]);
    const token = issued?.token ?? file?.toString('utf8').trim() ?? user.token;
    const cert = issued?.clientCertificateData === undefined ? certificate : Buffer.from(issued.clientCertificateData);
    const ownKey = issued?.clientKeyData === undefined ? key : Buffer.from(issued.clientKeyData);
    for (const secret of [token, user.password, issued?.clientKeyData]) remember(secret);
    return {
      headers: { ...authorizationOf(token, access), ...impersonationOf(access) },
      tls: {
        ...(ca && { ca }),
        ...(cert && { cert }),
        ...(ownKey && { key: ownKey }),
        ...(cluster.serverName === undefined ? {} : { servername: cluster.serverName }),
        ...(cluster.isUnverified === true ? { rejectUnauthorized: false } : {}),
      },
    };
  };
  return { current, renew: () => plugin?.forget() ?? false, mask: createMask(() => secrets) };
}

function authorizationOf(token: string | undefined, { user }: ClusterAccess): Record<string, string> {
  if (token !== undefined && token !== '') return { authorization: `Bearer ${token}` };
  if (user.username === undefined) return {};
  const pair = Buffer.from(`${user.username}:${user.password ?? ''}`).toString('base64');
  return { authorization: `Basic ${pair}` };
}

const impersonationOf = ({ user: { as, asGroups } }: ClusterAccess): Record<string, string | string[]> => ({
  ...(as === undefined ? {} : { 'impersonate-user': as }),
  ...(asGroups === undefined ? {} : { 'impersonate-group': [...asGroups] }),
});

async function bytesOf(
  file: string | undefined,
  base64: string | undefined,
  { userName }: ClusterAccess,
): Promise<Buffer | undefined> {
  // Data in the kubeconfig itself goes before a file, as for kubectl.
  if (base64 !== undefined) return Buffer.from(base64, 'base64');
  if (file === undefined) return undefined;
  const text = await readText(file);
  if (text !== undefined) return Buffer.from(text);
  throw new UserError(`${file} does not exist; it is named for the ${userName}.`, [`ls -l ${file}`]);
}
