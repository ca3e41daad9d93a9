import { describe, expect, it } from 'vitest';
import { openRunSecrets, throwMasked } from '../../src/flows/run-secrets.ts';
import { parseDeployment } from '../contract/support/service-defaults.ts';

const base = "name: mine\nkind: staging\nenvironments:\n  green: { api: 'http://127.0.0.1:1/' }\n";
const parse = (more: string, env: Readonly<Record<string, string>>) => parseDeployment('mine.yaml', base + more, env);
const migrations = (url: string) => `migrations: { driver: sql-files, folder: ., databaseUrl: ${url} }\n`;

describe('the value of a variable in a target file', () => {
  it('is a secret wherever it ends up', async () => {
    const deployment = parse(migrations("'postgres://u:${PASSWORD}@h/db'"), { PASSWORD: 'hunter-2%40' });
    expect(deployment.migrations).toMatchObject({ databaseUrl: 'postgres://u:hunter-2%40@h/db' });
    await using secrets = await openRunSecrets({ kind: 'deployment', file: '', deployment });
    expect(secrets.mask('at postgres://u:hunter-2%40@h/db: "hunter-2@" is wrong')).toBe(
      'at postgres://u:‹masked›@h/db: "‹masked›" is wrong',
    );
    expect(() => throwMasked(new Error('hunter-2%40'), secrets.mask)).toThrow('‹masked›');
  });

  it('is not shown in the message that refuses it', () => {
    expect(() => parse("smoke: { budget: '${BUDGET}' }\n", { BUDGET: 'correct horse' })).toThrow(
      'mine.yaml:5: smoke.budget: "‹masked›" is not a duration',
    );
  });

  it('cannot change the structure of the file', () => {
    const otp = parse("otp: { from: fixed, code: '${CODE}' }\n", { CODE: '123456' });
    expect(otp.otp).toEqual({ from: 'fixed', code: '123456' });
    const deployment = parse(
      "users:\n  client: ${CLIENT}\nmigrations: { driver: sql-files, folder: ., databaseUrl: 'postgres://u:${PASSWORD}@h/db' }\n",
      {
        CLIENT: 'a@example.com',
        PASSWORD: "x'} #\n, y: ",
      },
    );
    expect(deployment.migrations).toMatchObject({ databaseUrl: "postgres://u:x'} #\n, y: @h/db" });
  });

  it('without quotes is read as YAML would read it', () => {
    const deployment = parse('load: { rate: ${RATE} }\n', { RATE: '50' });
    expect(deployment.load.rate).toBe(50);
  });

  it('that only names something is shown, and short words are', () => {
    const deployment = parse('releases: ["${RELEASE}"]\nusers: { client: "${WORD}@example.com" }\n', {
      RELEASE: 'freetask@1.5.0',
      WORD: 'green',
    });
    expect(deployment.secrets).toEqual([]);
  });

  it.each([
    ["otp: { from: command, command: [mailbox, --token, '${TOKEN}'] }\n", 'otp.command'],
    ["router: { driver: command, read: [lb, '--key=${TOKEN}'], set: [lb] }\n", 'router.read'],
    ["runtime:\n  driver: process\n  folder: .\n  command: [node, '${TOKEN}']\n  places: []\n", 'runtime.command'],
  ])('is refused in a command: %s', (more, path) => {
    expect(() => parse(more, { TOKEN: 'secret-token' })).toThrow(
      `${path}: \${TOKEN} in an argument would appear in the process list`,
    );
  });

  it('is not refused in a list that is no command', () => {
    const text =
      "name: mine\nkind: staging\nenvironments:\n  green: { api: 'http://h', metrics: ['http://${HOST}/metrics'] }\n";
    const { environments, secrets } = parseDeployment('mine.yaml', text, { HOST: 'internal.example' });
    expect(environments.green?.metrics).toEqual(['http://internal.example/metrics']);
    expect(secrets).toEqual(['internal.example']);
  });
});
