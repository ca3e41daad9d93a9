// A foreign tool that starts and stops instances: `supervisor.cjs read|start|stop FOLDER [PLACE] [RELEASE or seconds]`.
const { spawn } = require('node:child_process');
const { existsSync, readdirSync, readFileSync, writeFileSync, openSync } = require('node:fs');
const path = require('node:path');

const print = (text) => process.stdout.write(`${text}\n`);
const printError = (text) => process.stderr.write(`${text}\n`);

const [verb, folder, place, more] = process.argv.slice(2);
const ports = JSON.parse(readFileSync(path.join(folder, 'ports.json'), 'utf8'));
const file = (name) => path.join(folder, `${name}.instance`);
const isAlive = (pid) => {
  try {
    process.kill(pid, 0);
    // A child that was not waited for yet has ended all the same.
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1][0] !== 'Z';
  } catch {
    return false;
  }
};
const known = (name) => (existsSync(file(name)) ? JSON.parse(readFileSync(file(name), 'utf8')) : undefined);

if (verb === 'read') {
  const names = readdirSync(folder).flatMap((each) => /^(.+)\.instance$/.exec(each)?.[1] ?? []);
  const list = names.map((name) => {
    const { pid, release } = known(name);
    if (isAlive(pid)) return { name, running: true, release };
    return { name, running: false, ended: `ended: ${readFileSync(path.join(folder, `${name}.log`), 'utf8')}` };
  });
  print(JSON.stringify(list));
} else if (verb === 'start') {
  const env = { ...process.env, PORT: String(ports[place]), APP_RELEASE: more };
  const log = openSync(path.join(folder, `${place}.log`), 'w');
  const child = spawn(process.execPath, [path.join(__dirname, 'instance.cjs')], {
    env,
    detached: true,
    stdio: ['ignore', log, log],
  });
  writeFileSync(file(place), JSON.stringify({ pid: child.pid, release: more }));
  child.once('exit', (code) => {
    printError(readFileSync(path.join(folder, `${place}.log`), 'utf8'));
    process.exit(code ?? 1);
  });
  setTimeout(() => process.exit(0), 300);
} else if (verb === 'stop') {
  const { pid } = known(place);
  process.kill(pid, 'SIGTERM');
  const deadline = Date.now() + 1000 * Number(more);
  const timer = setInterval(() => {
    if (!isAlive(pid)) process.exit(0);
    if (Date.now() < deadline) return;
    process.kill(pid, 'SIGKILL');
    clearInterval(timer);
    setTimeout(() => process.exit(137), 200);
  }, 20);
}
