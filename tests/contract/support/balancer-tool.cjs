// A foreign tool for a load balancer: `balancer-tool.cjs SOCKET read|set|member …`.
const { connect } = require('node:net');

const print = (text) => process.stdout.write(`${text}\n`);
const printError = (text) => process.stderr.write(`${text}\n`);

const answered = (stat, name) => {
  const [head, ...rows] = stat.split('\n').map((line) => line.replace(/^# /, '').split(','));
  const row = rows.find(([backend, server]) => backend === 'freetask' && server === name);
  const count = (column) => Number(row[head.indexOf(column)]);
  return { requests: count('hrsp_2xx') + count('hrsp_5xx'), failed: count('hrsp_5xx') };
};

const [socket, verb, first, second] = process.argv.slice(2);
const ask = (text) =>
  new Promise((resolve, reject) => {
    const connection = connect(socket, () => connection.write(`${text}\n`));
    let answer = '';
    connection
      .on('data', (chunk) => (answer += chunk))
      .on('end', () => resolve(answer))
      .on('error', reject);
  });

(async () => {
  const rows = (await ask('show servers state freetask'))
    .split('\n')
    .filter((line) => /^\d+ freetask/.test(line))
    .map((line) => line.split(' '));
  const servers = rows.map((row) => ({
    name: row[3],
    up: row[5] === '2',
    admin: Number(row[6]),
    weight: Number(row[7]),
  }));
  const colour = ({ name }) => name.split('-')[0];
  const regular = servers.filter(({ name }) => !name.endsWith('surge'));
  if (verb === 'read') {
    const weight = (side) =>
      servers
        .filter((each) => colour(each) === side && (each.admin & 0x6b) === 0)
        .reduce((sum, each) => sum + each.weight, 0);
    const blue = Math.round((1000 * weight('blue')) / (weight('blue') + weight('green'))) / 10;
    const stat = await ask('show stat');
    const members = servers.map((each) => ({
      name: each.name,
      colour: colour(each),
      weight: each.weight,
      up: each.up,
      inFlight: 0,
      served: answered(stat, each.name),
      state: each.admin & 0x63 ? 'out' : each.admin & 0x08 ? 'drain' : 'ready',
    }));
    print(JSON.stringify({ blue, green: Math.round(10 * (100 - blue)) / 10, members }));
  } else if (verb === 'set') {
    const each = {
      blue: Number(first) / regular.filter((one) => colour(one) === 'blue').length,
      green: Number(second) / regular.filter((one) => colour(one) === 'green').length,
    };
    const scale = 256 / Math.max(each.blue, each.green);
    const weights = servers.map((one) => `set weight freetask/${one.name} ${Math.round(each[colour(one)] * scale)}`);
    const joins = regular
      .filter((one) => each[colour(one)] > 0)
      .map(({ name }) => `set server freetask/${name} state ready`);
    print(await ask([...weights, ...joins].join('; ')));
  } else if (verb === 'member') {
    if (!servers.some(({ name }) => name === first))
      throw new Error(`no ${first}; known: ${servers.map(({ name }) => name).join(', ')}`);
    print(await ask(`set server freetask/${first} state ${{ ready: 'ready', drain: 'drain', out: 'maint' }[second]}`));
  }
})().catch((error) => {
  printError(error.message);
  process.exitCode = 1;
});
