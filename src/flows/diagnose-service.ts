import { toolEnvironment } from '../config/environment.ts';
import { createMask } from '../core/redact.ts';
import { formatExpectation } from '../core/expectation.ts';
import { paceMs } from '../core/pace.ts';
import type { Expectation, Login } from '../core/service.ts';
import { formatMs } from '../core/slo.ts';
import { formatIdentity, type Target } from '../core/target.ts';
import { signIn } from '../runners/log-in.ts';
import { askState } from '../sources/ask-state.ts';
import { readIdentity } from '../sources/release-identity.ts';
import { ask } from '../system/http.ts';
import { createPacer } from '../system/pacer.ts';
import { privateFolder } from '../system/private-folder.ts';
import { present, missing, type Finding } from './finding.ts';
import type { Flow } from './flow.ts';

type Pacer = ReturnType<typeof createPacer>;

/** Whether the service is as the target file says: its probes, its web client, and the log-in of every user. */
export async function diagnoseService(target: Target, flow: Flow): Promise<Finding[]> {
  const pacer = createPacer(paceMs(target.rateLimit), flow.clock);
  const { health, readiness } = target.service;
  const probing = { clock: flow.clock, signal: flow.signal, emit: flow.listen, pacer };
  const probe = async (kind: string, flag: string, expectation: Expectation): Promise<Finding> => {
    const { environment } = target;
    const url = environment.api + expectation.path;
    const { ok, status, why } = await askState(target, expectation, probing);
    const name = `${environment.name} ${kind}`;
    if (ok) return present(name, `status ${status}`, url);
    const expected = formatExpectation(expectation);
    return missing(name, {
      found: why ?? `expected ${expected}`,
      where: url,
      next: `curl -i ${url}, and correct ${flag}`,
    });
  };
  return [
    await probe('health', '--health or paths.health', health),
    ...(readiness === 'none' ? [] : [await probe('readiness', '--ready or paths.ready', readiness)]),
    ...(await diagnoseRelease(target, pacer, flow)),
    ...(await diagnoseWeb(target)),
    ...credential(target.service.login),
    ...(await diagnoseLogIns(target, pacer, flow)),
  ];
}

/** Whether the service shows its release as the target file says. A header that no file expects may be absent. */
async function diagnoseRelease(target: Target, pacer: Pacer, flow: Flow): Promise<Finding[]> {
  const { identity, environment, service } = target;
  const { name: place, api: address, release: expected } = environment;
  if (identity.from === 'none' || identity.from === 'runtime') return [];
  await pacer.turn(flow.signal);
  const asked = { name: place, address, healthPath: service.health.path, runningRelease: undefined };
  const env = toolEnvironment(flow.environment.variables, target.env);
  const shown = await readIdentity(asked, identity, { env, cwd: flow.projectRoot, signal: flow.signal });
  const [name, where] = [`${place} release`, formatIdentity(target)];
  if ('release' in shown)
    return expected === undefined || shown.release === expected
      ? [present(name, shown.release, where)]
      : [
          missing(name, {
            found: `${shown.release} instead of ${expected}`,
            where,
            next: '--release, or `release` of the environment',
          }),
        ];
  if (identity.from === 'header' && expected === undefined) return [];
  return [
    missing(name, { found: shown.problem, where, next: 'correct --release-header, --release-route or `identity`' }),
  ];
}

async function diagnoseWeb({ environment: { name, web } }: Target): Promise<Finding[]> {
  if (web === undefined) return [];
  const answer = await ask({ url: web, timeoutMs: 5000 });
  const found = answer.ok ? `status ${answer.status}` : answer.error;
  return answer.ok && answer.status < 400
    ? [present(`${name} web`, found, web)]
    : [missing(`${name} web`, { found, where: web, next: `curl -i ${web}` })];
}

/** Every user of the target file logs in once; tokens are kept in a private folder that is removed. */
async function diagnoseLogIns(target: Target, pacer: Pacer, flow: Flow): Promise<Finding[]> {
  const { login, users } = target.service;
  if (login.with === 'none') return [];
  await using folder = await privateFolder('doctor');
  const context = {
    runFolder: folder.path,
    projectRoot: flow.projectRoot,
    toolEnv: toolEnvironment(flow.environment.variables, target.env),
    signal: flow.signal,
    emit: flow.listen,
    mask: createMask(() => []),
    pacer,
  };
  const findings: Finding[] = [];
  for (const [user, { email, token }] of Object.entries(users)) {
    const sessionsFile = `${folder.path}/sessions.json`;
    const result = await signIn(target, { users: [user], sessionsFile }, flow.clock, context);
    const waited = result.waitedMs > 0 ? `, after ${formatMs(result.waitedMs)} of a rate limit` : '';
    const name = `log-in of ${user}`;
    findings.push(
      result.ok
        ? present(name, `with ${token === undefined ? login.with : 'token'}${waited}`, email || `users.${user}.token`)
        : missing(name, {
            found: 'refused',
            where: result.problem,
            next: 'correct `login` and `users`',
          }),
    );
  }
  return findings;
}

/** Reports where a one-time password comes from, never the password. */
function credential(login: Login): Finding[] {
  if (login.with !== 'otp') return [];
  const { delivery } = login;
  const name = 'one-time password';
  if (delivery.from === 'response') return [present(name, 'none needed', 'in the answer to the login')];
  if (delivery.from === 'fixed') return [present(name, 'present', 'a fixed test code')];
  return [present(name, 'by a command', delivery.command[0])];
}
