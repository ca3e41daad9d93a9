import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Children } from '../../../sandbox/fleet/children.ts';
import { freePorts } from '../../../sandbox/fleet/ports.ts';
import { findPrometheus } from '../../../scripts/setup/find-tools.mjs';

export interface OwnPrometheus extends AsyncDisposable {
  readonly url: string;
}

/** A real Prometheus with a data folder of its own that scrapes these targets, by colour, and evaluates these rules at this interval. */
export async function startOwnPrometheus(
  targets: Readonly<Record<string, readonly string[]>>,
  interval: string,
  alerting?: { readonly rules: readonly object[]; readonly alertmanagers: readonly string[] },
): Promise<OwnPrometheus> {
  const found = await findPrometheus();
  if (!found) throw new Error('Prometheus was not found: node scripts/setup.mjs --for-tests');
  const folder = await mkdtemp(join(tmpdir(), 'prometheus-'));
  const children = new Children(folder, () => undefined);
  const [port = 0] = await freePorts(1);
  const config = join(folder, 'prometheus.yml');
  const groups = Object.entries(targets).map(([color, each]) => ({ targets: each, labels: { color } }));
  const job = { job_name: 'freetask', scrape_interval: interval, scrape_timeout: interval, static_configs: groups };
  const rules = join(folder, 'rules.yml');
  // JSON is YAML.
  await writeFile(rules, JSON.stringify({ groups: [{ name: 'slo', interval, rules: alerting?.rules ?? [] }] }));
  const alertmanagers = (alerting?.alertmanagers ?? []).map((each) => ({ static_configs: [{ targets: [each] }] }));
  await writeFile(config, JSON.stringify({ scrape_configs: [job], rule_files: [rules], alerting: { alertmanagers } }));
  const prometheus = await children.start('prometheus', {
    command: [
      found.path,
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    env: { PATH: process.env['PATH'] },
    readyLine: /Server is ready to receive web requests/,
    readyWithinMs: 30_000,
  });
  return {
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      await prometheus.stop('SIGTERM', 5000);
      await children.release();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
