import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { parseServiceFile } from '../../src/config/service-file.ts';
import { chooseEnvironment, type Deployment, parseTargetFile } from '../../src/config/target-file.ts';
import { UserError } from '../../src/core/errors.ts';
import { releaseHeaderOf } from '../../src/core/target.ts';

const root = resolve(import.meta.dirname, '../..');
const text = readFileSync(join(root, 'config/service.yaml'), 'utf8');

const shop = `
paths: { auth: /accounts, api: /v1, health: HEAD /up 204, ready: /up/ready 200 /^yes/ }
login: { with: password, path: /sessions, password: x }
users: { buyer: buyer@shop.example }
answers: { envelope: bare, requestIdHeader: X-Trace, error: { code: none, message: title, details: none, requestId: none } }
identity: { from: header, name: X-Version }
smoke: { postman: shop.json, playwright: e2e, users: [buyer], second: [] }
shutdown: { request: { route: PUT /carts/1, body: { items: [] }, status: 204 } }
`;
const target = 'name: t\nkind: staging\nenvironments:\n  public:\n    api: http://127.0.0.1:1\n';
const shutdown = '    shutdown: { stop: [stop], start: [start] }\n';

it('what a target file does not say is what the service file says', () => {
  const defaults = parseServiceFile('/etc/service.yaml', shop);
  const parse = (more: string) => parseTargetFile('t.yaml', target + more, {}, defaults) as Deployment;
  const { environment, paths, service, smoke, ...rest } = chooseEnvironment('/t/t.yaml', parse(shutdown), undefined);
  expect(paths).toEqual({ auth: '/accounts', api: '/v1' });
  expect(service).toMatchObject({
    health: { method: 'HEAD', path: '/up', statuses: [204] },
    readiness: { path: '/up/ready', body: { kind: 'pattern' } },
    login: { with: 'password', path: '/sessions', refresh: '/accounts/refresh' },
    users: { buyer: { email: 'buyer@shop.example', password: 'x' } },
    answers: { requestIdHeader: 'X-Trace', error: { message: 'title' } },
  });
  expect(smoke.ours).toEqual({ postman: '/etc/shop.json', playwright: '/etc/e2e', users: ['buyer'], second: [] });
  expect(environment.shutdown?.request).toEqual({
    method: 'PUT',
    path: '/v1/carts/1',
    body: { items: [] },
    status: 204,
  });
  expect(releaseHeaderOf(rest)).toBe('X-Version');

  const own = chooseEnvironment('/t/t.yaml', parse('answers: { envelope: data }\npaths: { api: / }\n'), undefined);
  expect(own.service.answers).toMatchObject({ envelope: 'data', requestIdHeader: 'X-Trace' });
  expect(own.paths).toEqual({ auth: '/accounts', api: '' });
});

it('a key that is missing or wrong is refused with its line', () => {
  const refused = (changed: string, message: string) => {
    expect(() => parseServiceFile('service.yaml', changed)).toThrow(UserError);
    expect(() => parseServiceFile('service.yaml', changed)).toThrow(message);
  };
  refused(shop.replace('envelope: bare', 'envelope: a.b'), 'service.yaml:5: answers.envelope: bare, or the name');
  refused(shop.replace('PUT /carts', 'GET /carts'), 'service.yaml:8: shutdown.request.route: a method that has a body');
  refused(shop.replace('users: { buyer', 'uzers: { buyer'), 'users');
});

it('src/ knows no route, no user and no file of FreeTask', () => {
  const { users } = parseServiceFile('service.yaml', text);
  expect(Object.keys(users)).toEqual(['client', 'freelancer']);
  const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' }).filter((file) =>
    /\.tsx?$/.test(file),
  );
  const words = /escrow|\bbids?\b|\/jobs|\/payments|\/webhooks|X-App|freetask-e2e|client@|freelancer|FREETASK_/i;
  // Kubernetes has Jobs too.
  const isOfKubernetes = (line: string) => line.includes('/namespaces/${client.namespace}/jobs');
  const found = files.flatMap((file) =>
    readFileSync(join(root, 'src', file), 'utf8')
      .split('\n')
      .flatMap((line, index) =>
        words.test(line) && !isOfKubernetes(line) ? [`${file}:${index + 1}: ${line.trim()}`] : [],
      ),
  );
  expect(found).toEqual([]);
});
