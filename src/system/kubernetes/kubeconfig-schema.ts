import { z } from 'zod';

/** What is read of a kubeconfig; keys that change nothing for a request are ignored. An empty key is null in YAML. */
const optional = <T extends z.ZodType>(schema: T) => schema.nullish().transform((value) => value ?? undefined);
const text = optional(z.string());

const clusterSchema = z
  .object({
    server: z.string(),
    'certificate-authority': text,
    'certificate-authority-data': text,
    'insecure-skip-tls-verify': optional(z.boolean()),
    'tls-server-name': text,
    'proxy-url': text,
  })
  .transform((cluster): KubeconfigCluster => ({
    server: cluster.server,
    caFile: cluster['certificate-authority'],
    caData: cluster['certificate-authority-data'],
    isUnverified: cluster['insecure-skip-tls-verify'],
    serverName: cluster['tls-server-name'],
    proxyUrl: cluster['proxy-url'],
  }));

export interface KubeconfigCluster {
  readonly server: string;
  readonly caFile?: string | undefined;
  /** Base64. */
  readonly caData?: string | undefined;
  readonly isUnverified?: boolean | undefined;
  readonly serverName?: string | undefined;
  readonly proxyUrl?: string | undefined;
}

const execSchema = z.object({
  apiVersion: z.string(),
  command: z.string().min(1),
  args: optional(z.array(z.string())),
  env: optional(z.array(z.object({ name: z.string(), value: z.string() }))),
  installHint: text,
  provideClusterInfo: optional(z.boolean()),
});

export type ExecPlugin = z.output<typeof execSchema>;

const userSchema = z
  .object({
    token: text,
    tokenFile: text,
    'client-certificate': text,
    'client-certificate-data': text,
    'client-key': text,
    'client-key-data': text,
    username: text,
    password: text,
    exec: optional(execSchema),
    'auth-provider': optional(z.object({ name: z.string(), config: z.unknown() })),
    as: text,
    'as-groups': optional(z.array(z.string())),
  })
  .transform((user): KubeconfigUser => ({
    token: user.token,
    tokenFile: user.tokenFile,
    certFile: user['client-certificate'],
    certData: user['client-certificate-data'],
    keyFile: user['client-key'],
    keyData: user['client-key-data'],
    username: user.username,
    password: user.password,
    exec: user.exec,
    authProvider: user['auth-provider'],
    as: user.as,
    asGroups: user['as-groups'],
  }));

export interface KubeconfigUser {
  readonly token?: string | undefined;
  readonly tokenFile?: string | undefined;
  readonly certFile?: string | undefined;
  /** Base64, as `keyData`. */
  readonly certData?: string | undefined;
  readonly keyFile?: string | undefined;
  readonly keyData?: string | undefined;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly exec?: ExecPlugin | undefined;
  /** Removed from kubectl with 1.26, and still in use. */
  readonly authProvider?: { readonly name: string; readonly config: unknown } | undefined;
  readonly as?: string | undefined;
  readonly asGroups?: readonly string[] | undefined;
}

const named = <Key extends string, T extends z.ZodType>(key: Key, schema: T) =>
  z
    .array(z.object({ name: z.string(), [key]: schema } as { name: z.ZodString } & Record<Key, T>))
    .nullish()
    .transform((list) => list ?? []);

export const kubeconfigSchema = z
  .object({
    clusters: named('cluster', clusterSchema),
    users: named(
      'user',
      userSchema.nullish().transform((user) => user ?? {}),
    ),
    contexts: named('context', z.object({ cluster: z.string(), user: text, namespace: text })),
    'current-context': text,
  })
  .transform(({ 'current-context': current, ...rest }) => ({ ...rest, current: current ?? '' }));

export type KubeconfigFile = z.output<typeof kubeconfigSchema>;
