import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { TLSSocket } from 'node:tls';

const run = promisify(execFile);

/** An HTTPS server that answers who its client is, with a CA of its own that also issues client certificates. */
export interface HttpsDouble extends AsyncDisposable {
  readonly server: string;
  readonly folder: string;
  /** Paths of PEM files. */
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
  readonly connections: () => number;
}

export async function startHttps(): Promise<HttpsDouble> {
  const folder = await mkdtemp(join(tmpdir(), 'https-'));
  const at = (name: string) => join(folder, name);
  await issueCertificates(folder);
  let connections = 0;
  const options = { key: await readFile(at('server.key')), cert: await readFile(at('server.crt')) };
  const https = createServer(
    { ...options, ca: await readFile(at('ca.crt')), requestCert: true, rejectUnauthorized: false },
    (request, response) => {
      const socket = request.socket as TLSSocket;
      const { subject } = socket.getPeerCertificate() as { readonly subject?: { readonly CN?: string } };
      const { authorization = '', 'impersonate-user': as = '' } = request.headers;
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ certificate: socket.authorized ? subject?.CN : '', authorization, as }));
    },
  ).listen(0, '127.0.0.1');
  https.on('secureConnection', () => (connections += 1));
  await once(https, 'listening');
  return {
    server: `https://127.0.0.1:${(https.address() as AddressInfo).port}`,
    folder,
    ca: at('ca.crt'),
    certificate: at('client.crt'),
    key: at('client.key'),
    connections: () => connections,
    [Symbol.asyncDispose]: async () => {
      https.closeAllConnections();
      https.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function issueCertificates(folder: string): Promise<void> {
  const openssl = (...args: string[]) => run('openssl', args, { cwd: folder });
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  await openssl(
    'req',
    '-x509',
    ...curve,
    '-keyout',
    'ca.key',
    '-out',
    'ca.crt',
    '-days',
    '2',
    '-subj',
    '/CN=double-ca',
  );
  await writeFile(join(folder, 'server.ext'), 'subjectAltName=IP:127.0.0.1\n');
  await writeFile(join(folder, 'client.ext'), 'extendedKeyUsage=clientAuth\n');
  for (const name of ['server', 'client']) {
    await openssl('req', ...curve, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=the-${name}`);
    const issued = ['-in', `${name}.csr`, '-out', `${name}.crt`, '-extfile', `${name}.ext`];
    await openssl('x509', '-req', '-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2', ...issued);
  }
}
