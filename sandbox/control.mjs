// `node sandbox/control.mjs VERB PART [--state DIR]`: stop or start blue, green or database; reload or restart haproxy.
// `start green --release R` replaces what green runs.
// `stop green` ends with the first exit code of an instance that is not 0, so that a caller sees how they ended.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const usage =
  'node sandbox/control.mjs stop|start blue|green|database, reload|restart haproxy [--release RELEASE] [--state DIR]';

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { state: { type: 'string', default: '.sandbox' }, release: { type: 'string' } },
  });
  const [verb, part] = positionals;
  if (!/^[a-z]+$/.test(verb ?? '') || !/^[a-z]+$/.test(part ?? '')) throw new Error(usage);
  const { control } = JSON.parse(readFileSync(join(values.state, 'sandbox.json'), 'utf8'));
  const query = values.release === undefined ? '' : `?release=${encodeURIComponent(values.release)}`;
  const response = await fetch(`${control.address}/${part}/${verb}${query}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${control.token}` },
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error);
  process.stdout.write(`${JSON.stringify({ verb, part, ...answer })}\n`);
  return verb === 'start' ? 0 : (answer.endings.find(({ exitCode }) => exitCode !== 0)?.exitCode ?? 0);
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
}
