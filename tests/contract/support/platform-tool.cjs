// A platform's command line tool: `platform-tool.cjs ADDRESS read|deploy|rollback|cancel [RELEASE or DEPLOYMENT]`.
const [address, verb, subject] = process.argv.slice(2);
const headers = { authorization: `Bearer ${process.env.PLATFORM_TOKEN}`, 'content-type': 'application/json' };

const requests = {
  read: () => fetch(`${address}/deployments`, { headers }),
  deploy: () =>
    fetch(`${address}/deployments`, { method: 'POST', headers, body: JSON.stringify({ release: subject }) }),
  rollback: () => fetch(`${address}/deployments/${subject}/rollback`, { method: 'POST', headers }),
  cancel: () => fetch(`${address}/deployments/${subject}/cancel`, { method: 'POST', headers }),
};

requests[verb]().then(
  async (answer) => {
    const text = await answer.text();
    if (answer.ok) return process.stdout.write(text);
    process.stderr.write(`${answer.status} ${text}\n`);
    process.exitCode = 1;
  },
  (error) => {
    process.stderr.write(`${error.cause?.code ?? error.message}\n`);
    process.exitCode = 1;
  },
);
