/** Settings that are each well formed and wrong together, or refer to what is not there: lines to add to a small target, and the key. */
const target =
  'name: mine\nkind: staging\nenvironments:\n  green: { api: https://green.example }\n  public: { api: https://example.com }\n';
const haproxy = 'router: { driver: haproxy, socket: /s, backend: b }\n';
const place = '{ name: green-1, colour: green, address: https://green-1.example }';
const command = (changes: string) =>
  `runtime: { driver: command, read: [a], start: [a, '{place}', '{release}'], stop: [a, '{place}'], places: [${place}]${changes} }\n`;

export const contradictions: readonly (readonly [key: string, lines: string])[] = [
  ['defaultEnvironment', 'defaultEnvironment: blue\n'],
  ['readiness.stableFor', 'readiness: { stableFor: 10m, budget: 5m }\n'],
  ['readiness.interval', 'readiness: { stableFor: 1s, interval: 2s }\n'],
  ['smoke.postmanData', 'smoke: { postmanData: rows.csv }\n'],
  ['smoke.playwrightVariables', 'smoke: { playwrightVariables: { A: b } }\n'],
  ['smoke.postmanVariables.t', 'smoke: { postman: a.json, postmanVariables: { t: "{token.boss}" } }\n'],
  ['smoke.postmanVariables.u', 'smoke: { postman: a.json, postmanVariables: { u: "{relase}" } }\n'],
  ['load.rate', 'load: { script: a.js, options: kept, rate: 5 }\n'],
  ['load.script', 'load: { off: shared, script: a.js }\n'],
  ['load.metrics', 'load: { metrics: { latency-p95: x } }\n'],
  ['load.variables.K6_VUS', 'load: { script: a.js, variables: { K6_VUS: "1" } }\n'],
  ['otp', 'login: none\notp: { from: response }\n'],
  ['login.password', 'login: password\n'],
  ['users.client', 'login: token\nusers: { client: a@example.com }\n'],
  ['users.client.username', 'users: { client: { email: a@example.com, username: a } }\n'],
  ['accepted.1.id', `accepted:\n${'  - { id: a, reason: r, owner: o, until: 2027-01-31 }\n'.repeat(2)}`],
  ['accepted.0.id', 'accepted: [{ id: stage-10.errors, reason: r, owner: o, until: 2027-01-31 }]\n'],
  ['router', `${haproxy}platform: { driver: command, read: [a], deploy: [a] }\n`],
  ['identity.from', 'platform: { driver: command, read: [a], deploy: [a] }\nidentity: { from: runtime }\n'],
  [
    'metrics.source',
    'platform: { driver: command, read: [a], deploy: [a] }\nmetrics: { source: { driver: router } }\n',
  ],
  ['incident', 'incident: { retryFor: 1m }\n'],
  ['rollout.stages', 'rollout: { stages: [50, 10, 100] }\n'],
  ['rollout.stages', 'rollout: { stages: [10, 50] }\n'],
  ['rollout.drain', 'rollout: { drain: 31s }\n'],
  ['rollout.rolling.maxSurge', 'rollout: { rolling: { maxSurge: 0 } }\n'],
  ['runtime.start.1', command('').replace("start: [a, '{place}'", "start: [a, '{plaec}'")],
  ['runtime.start.2', command('').replace('{release}', '{relase}')],
  ['runtime.stop.1', command('').replace("stop: [a, '{place}']", "stop: [a, '{release}']")],
  ['runtime.places', command('').replace(`[${place}]`, '[]')],
  ['router.set.1', "router: { driver: command, read: [a], set: [a, '{green_share}'] }\n"],
  ['router.member.1', "router: { driver: command, read: [a], set: [a], member: [a, '{members}'] }\n"],
  ['platform.deploy.1', "platform: { driver: command, read: [a], deploy: [a, '{image}'] }\n"],
  [
    'platform.rollback.2',
    "platform: { driver: command, read: [a], deploy: [a], rollback: [a, b, 'x:{deploiment}'] }\n",
  ],
  [
    'platform.rollback.2',
    "platform: { driver: command, read: [a], deploy: [a], rollback: [sh, -c, 'paas back {deploiment}'] }\n",
  ],
  ['migrations.up.1', "migrations: { driver: command, status: [a], up: [a, '{version}'], down: [a] }\n"],
  ['migrations.down.1', "migrations: { driver: command, status: [a], up: [a], down: [a, '{ids}'] }\n"],
  ['flags.set.1', "flags: { driver: command, read: [a], set: [a, '{flag}'], remove: [a] }\n"],
  ['otp.command.1', "otp: { from: command, command: [a, '{mail}'] }\n"],
  ['identity.command.1', "identity: { from: command, command: [a, '{host}'] }\n"],
  ['preflight.gates.test.command.2', "preflight: { gates: { test: { command: [a, b, '{release}'], folder: . } } }\n"],
  [
    'preflight.freeze.0.until',
    'preflight: { freeze: [{ from: 2027-01-04, until: 2026-12-20, zone: UTC, reason: r }] }\n',
  ],
  ['preflight.freeze.0.for', "preflight: { freeze: [{ cron: '0 0 * * *', for: 24h, zone: UTC, reason: r }] }\n"],
  [
    'preflight.freeze.0.zone',
    "preflight: { freeze: [{ cron: '0 0 * * *', for: 1h, zone: Europe/Berln, reason: r }] }\n",
  ],
];

export const textOf = (lines: string): string => target + lines;
