import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { isMap, LineCounter, parseDocument } from 'yaml';
import type { ClusterSettings } from '../../core/cluster.ts';
import { UserError } from '../../core/errors.ts';
import { readText } from '../files.ts';
import {
  type KubeconfigCluster,
  type KubeconfigFile,
  kubeconfigSchema,
  type KubeconfigUser,
} from './kubeconfig-schema.ts';

/** What kubectl takes from the environment of a process. */
export interface ClusterSurroundings {
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  /** Where a pod has the token, the CA and the namespace of its service account. */
  readonly serviceAccount: string;
}

/** One cluster as a user reaches it; files are read at each request, because they are rotated. */
export interface ClusterAccess {
  /** Without a slash at its end. */
  readonly server: string;
  readonly namespace: string;
  readonly cluster: KubeconfigCluster;
  readonly user: KubeconfigUser;
  /** For messages: `user "ci" of /home/ada/.kube/config`. */
  readonly userName: string;
}

export const surroundings = (): ClusterSurroundings => ({
  // The settings of a cluster are recorded in journals, so they cannot carry the environment of the process.
  // oxlint-disable-next-line node/no-process-env -- KUBECONFIG, and what the exec plugin of a kubeconfig inherits
  variables: process.env,
  home: homedir(),
  serviceAccount: '/var/run/secrets/kubernetes.io/serviceaccount',
});

/** Throws UserError with the file and what is missing in it; a message never holds a value of the file. */
export async function readAccess(settings: ClusterSettings, around: ClusterSurroundings): Promise<ClusterAccess> {
  const files = await readKubeconfigs(settings, around);
  const access = files.length > 0 ? chosenOf(merge(files), settings) : await podAccess(settings, around);
  if (!URL.canParse(access.server) || !/^https?:$/.test(new URL(access.server).protocol))
    throw new UserError(`The server of the ${access.userName}'s cluster is no address: it begins with https://.`, view);
  if (new URL(access.server).username !== '')
    throw new UserError(
      `The server of the ${access.userName}'s cluster holds a user name; write it under users.`,
      view,
    );
  return access;
}

const view = ['kubectl config view'];

interface LoadedFile {
  readonly path: string;
  readonly content: KubeconfigFile;
}

async function readKubeconfigs(
  { kubeconfig }: ClusterSettings,
  { variables, home }: ClusterSurroundings,
): Promise<LoadedFile[]> {
  const named = kubeconfig ?? variables['KUBECONFIG'] ?? '';
  const paths = kubeconfig === undefined ? named.split(':').filter(Boolean) : [kubeconfig];
  const wanted = paths.length > 0 ? paths : [join(home, '.kube/config')];
  const files: LoadedFile[] = [];
  for (const path of wanted) {
    const text = await readKubeconfig(path);
    if (text !== undefined) files.push({ path, content: parseKubeconfig(path, text) });
  }
  // kubectl skips files of KUBECONFIG that do not exist; none of them is a wrong variable.
  if (files.length === 0 && paths.length > 0)
    throw new UserError(`${paths.join(', ')}: there is no such kubeconfig.`, [
      kubeconfig === undefined ? 'export KUBECONFIG=PATH' : 'correct cluster.kubeconfig in the target file',
    ]);
  return files;
}

async function readKubeconfig(path: string): Promise<string | undefined> {
  try {
    return await readText(path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new UserError(`${path}: the kubeconfig cannot be read (${code}).`, [`ls -l ${path}`], { cause: error });
  }
}

function parseKubeconfig(path: string, text: string): KubeconfigFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const [error] = document.errors;
  // The parser's own message would quote the line, and a line of a kubeconfig may be a token.
  if (error)
    throw new UserError(`${path}:${lines.linePos(error.pos[0]).line}: not YAML (${error.code}).`, [`correct ${path}`]);
  if (!isMap(document.contents)) throw new UserError(`${path}: no kubeconfig: it has no keys.`, [`correct ${path}`]);
  const parsed = kubeconfigSchema.safeParse(document.toJS());
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const key = issue?.path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('') ?? '';
  throw new UserError(`${path}: ${key.replace(/^\./, '')}: ${issue?.message ?? 'not as expected'}.`, [
    `correct ${path}`,
  ]);
}

interface Merged {
  readonly place: string;
  readonly current: string;
  readonly contexts: ReadonlyMap<string, KubeconfigFile['contexts'][number]['context']>;
  readonly clusters: ReadonlyMap<string, KubeconfigCluster>;
  readonly users: ReadonlyMap<string, KubeconfigUser>;
}

/** The first file that names something decides, as for kubectl; paths are relative to their file. */
function merge(files: readonly LoadedFile[]): Merged {
  const contexts = new Map<string, KubeconfigFile['contexts'][number]['context']>();
  const clusters = new Map<string, KubeconfigCluster>();
  const users = new Map<string, KubeconfigUser>();
  const addTo = <T>(map: Map<string, T>, name: string, value: T) => void (map.has(name) || map.set(name, value));
  for (const { path, content } of files) {
    const absolute = (each: string | undefined) => (each === undefined ? undefined : resolve(dirname(path), each));
    for (const { name, context } of content.contexts) addTo(contexts, name, context);
    for (const { name, cluster } of content.clusters)
      addTo(clusters, name, { ...cluster, caFile: absolute(cluster.caFile) });
    for (const { name, user } of content.users)
      addTo(users, name, {
        ...user,
        certFile: absolute(user.certFile),
        keyFile: absolute(user.keyFile),
        tokenFile: absolute(user.tokenFile),
        exec: user.exec && { ...user.exec, command: commandOf(path, user.exec.command) },
      });
  }
  const current = files.map(({ content }) => content.current).find((name) => name !== '') ?? '';
  return { place: files.map(({ path }) => path).join(':'), current, contexts, clusters, users };
}

/** A name is found in PATH; a relative path is relative to its file. */
const commandOf = (path: string, command: string): string =>
  command.includes('/') ? resolve(dirname(path), command) : command;

function chosenOf({ place, current, contexts, clusters, users }: Merged, settings: ClusterSettings): ClusterAccess {
  const name = settings.context ?? current;
  const context = contexts.get(name);
  const choices = [...contexts.keys()].map((each) => `cluster: { context: ${each} }   in the target file`);
  if (!context)
    throw new UserError(
      name === ''
        ? `${place} has no current context; its contexts are ${[...contexts.keys()].join(', ') || 'none'}.`
        : `${place} has no context "${name}"; its contexts are ${[...contexts.keys()].join(', ') || 'none'}.`,
      choices.length > 0 ? choices : view,
    );
  const cluster = clusters.get(context.cluster);
  if (!cluster)
    throw new UserError(`${place}: context "${name}" names the cluster "${context.cluster}", which is missing.`, view);
  const user = context.user === undefined ? {} : users.get(context.user);
  if (!user)
    throw new UserError(`${place}: context "${name}" names the user "${context.user}", which is missing.`, view);
  return {
    server: cluster.server.replace(/\/+$/, ''),
    namespace: settings.namespace ?? context.namespace ?? 'default',
    cluster,
    user,
    userName: `user "${context.user ?? ''}" of ${place}`,
  };
}

/** The service account of the pod that this process runs in. */
async function podAccess(settings: ClusterSettings, { variables, home, serviceAccount }: ClusterSurroundings) {
  const host = variables['KUBERNETES_SERVICE_HOST'];
  const tokenFile = join(serviceAccount, 'token');
  if (host === undefined || host === '' || (await readText(tokenFile)) === undefined)
    throw new UserError(
      `No access to a Kubernetes cluster: KUBECONFIG is not set, ${join(home, '.kube/config')} does not exist, and this process has no service account of a pod.`,
      ['cluster: { kubeconfig: PATH }   in the target file', 'export KUBECONFIG=PATH'],
    );
  if (settings.context !== undefined)
    throw new UserError(`cluster.context is "${settings.context}", and the service account of a pod has no contexts.`, [
      'remove cluster.context, or name cluster.kubeconfig in the target file',
    ]);
  const own = (await readText(join(serviceAccount, 'namespace')))?.trim();
  const port = variables['KUBERNETES_SERVICE_PORT'] ?? '443';
  return {
    server: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
    namespace: settings.namespace ?? (own === undefined || own === '' ? 'default' : own),
    cluster: { server: '', caFile: join(serviceAccount, 'ca.crt') },
    user: { tokenFile },
    userName: 'service account of this pod',
  };
}
