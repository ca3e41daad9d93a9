import { z } from 'zod';
import { ToolError } from '../../core/errors.ts';
import { askCommand } from '../command.ts';
import type { ExecPlugin } from './kubeconfig-schema.ts';
import type { ClusterAccess } from './config.ts';

/** What the exec plugin of a kubeconfig prints. */
const credentialSchema = z.object({
  kind: z.literal('ExecCredential'),
  status: z.object({
    token: z.string().exactOptional(),
    clientCertificateData: z.string().exactOptional(),
    clientKeyData: z.string().exactOptional(),
    expirationTimestamp: z.iso.datetime({ offset: true }).exactOptional(),
  }),
});
type Issued = z.output<typeof credentialSchema>['status'];

/** A plugin that needs a browser or a prompt is ended after this. */
const pluginMs = 30_000;
/** Credentials are renewed so long before they expire. */
const earlyMs = 10_000;

export function openPlugin(
  plugin: ExecPlugin,
  access: ClusterAccess,
  variables: Readonly<Record<string, string | undefined>>,
) {
  let running: Promise<Issued> | undefined;
  let expiresAt = Infinity;
  const run = async (): Promise<Issued> => {
    const issued = await runPlugin(plugin, access, variables);
    // Without an expiry they hold until the API server refuses them.
    expiresAt = issued.expirationTimestamp === undefined ? Infinity : Date.parse(issued.expirationTimestamp);
    return issued;
  };
  return {
    current: (): Promise<Issued> => {
      if (Date.now() > expiresAt - earlyMs) running = undefined;
      if (running) return running;
      expiresAt = Infinity;
      const started = run();
      running = started;
      started.catch(() => (running = undefined));
      return started;
    },
    forget: () => {
      running = undefined;
      return true;
    },
  };
}

async function runPlugin(
  { command, args = [], env = [], apiVersion, installHint, provideClusterInfo }: ExecPlugin,
  { userName, server, cluster }: ClusterAccess,
  variables: Readonly<Record<string, string | undefined>>,
): Promise<Issued> {
  const known = { server, 'certificate-authority-data': cluster.caData, 'tls-server-name': cluster.serverName };
  const spec = { interactive: false, ...(provideClusterInfo === true ? { cluster: known } : {}) };
  const answer = await askCommand([command, ...args], {
    env: {
      ...Object.fromEntries(
        Object.entries(variables).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
      ),
      ...Object.fromEntries(env.map(({ name, value }) => [name, value])),
      KUBERNETES_EXEC_INFO: JSON.stringify({ apiVersion, kind: 'ExecCredential', spec }),
    },
    cwd: process.cwd(),
    timeoutMs: pluginMs,
  });
  const failed = (why: string) =>
    new ToolError(`the exec plugin \`${command}\` of ${userName} ${why}`, {
      command: [command],
      exitCode: answer.exitCode,
    });
  if (answer.exitCode !== 0) {
    const lines = answer.stderr.trim().split('\n').slice(-3).join('\n') || 'no message';
    const how = answer.exitCode === null ? 'ended without an exit code' : `ended with exit code ${answer.exitCode}`;
    throw failed(`${how}: ${lines}${installHint === undefined ? '' : `\n${installHint.trim()}`}`);
  }
  // Neither the output nor a parser's message about it is shown: it holds the credentials.
  const parsed = credentialSchema.safeParse(parsedOr(answer.stdout));
  if (!parsed.success) throw failed('has printed no ExecCredential');
  const { token, clientCertificateData } = parsed.data.status;
  if (token === undefined && clientCertificateData === undefined)
    throw failed('has printed an ExecCredential with neither a token nor a certificate');
  return parsed.data.status;
}

function parsedOr(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
