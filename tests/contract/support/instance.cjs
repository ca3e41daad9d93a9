// An instance as small as can be: tells its release, ends with 0 at SIGTERM. `stubborn` does not end, `broken` does not begin.
const { createServer } = require('node:http');

const complain = (text) => process.stderr.write(`${text}\n`);

const release = process.env.APP_RELEASE ?? 'unknown';
if (release.includes('broken')) {
  complain('no such thing as a database');
  process.exit(3);
}
createServer((_, answer) => answer.end(release)).listen(Number(process.env.PORT), process.env.HOST ?? '127.0.0.1');
process.on('SIGTERM', () => {
  if (!release.includes('stubborn')) process.exit(0);
});
