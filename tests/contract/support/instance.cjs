// A minimal instance: answers its release, exits with 0 at SIGTERM. `stubborn` ignores SIGTERM, `broken` fails at its start.
const { createServer } = require('node:http');

const printError = (text) => process.stderr.write(`${text}\n`);

const release = process.env.APP_RELEASE ?? 'unknown';
if (release.includes('broken')) {
  printError('no such thing as a database');
  process.exit(3);
}
createServer((_, answer) => answer.end(release)).listen(Number(process.env.PORT), process.env.HOST ?? '127.0.0.1');
process.on('SIGTERM', () => {
  if (!release.includes('stubborn')) process.exit(0);
});
