// `npm run bench:judges -- [--releases N] [--rate R]`: simulated releases, the same ones for every judge. Prints false rollbacks,
// misses, the time to the rollback, and the failed requests until then, side by side; then the times beside those of the design.
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { parseRolloutSettings } from '../../src/config/rollout-settings.ts';
import { parseSlos } from '../../src/config/slo-file.ts';
import type { RolloutSettings } from '../../src/core/rollout/settings.ts';
import { compare } from './judges/compare.ts';
import { designFigures } from './judges/design.ts';
import { lanesAlone } from './judges/lanes-alone.ts';
import { mannWhitneyJudge } from './judges/mann-whitney.ts';
import { poller, type Judge } from './judges/pollers.ts';
import { scenarios, type Blips } from './judges/scenarios.ts';
import { shiproomJudge } from './judges/shiproom.ts';
import { describeRollbacks, failedUntilThen, table, timeToRollback } from './judges/table.ts';

const { values } = parseArgs({
  options: { releases: { type: 'string', default: '20' }, rate: { type: 'string', default: '50' } },
});
const releases = positive('--releases', values.releases);
const rate = positive('--rate', values.rate);

const projectRoot = resolve(import.meta.dirname, '../..');
const read = (file: string) => readFile(join(projectRoot, file), 'utf8');
const slos = parseSlos('config/slo.yaml', await read('config/slo.yaml'));
const settings = parseRolloutSettings('config/rollout.yaml', await read('config/rollout.yaml'));
const withJudge = (changed: Partial<RolloutSettings['judge']>): Judge =>
  shiproomJudge({ slos, settings: { ...settings, judge: { ...settings.judge, ...changed } } });

const shiproom = withJudge({});
const judges: Readonly<Record<string, Judge>> = {
  shiproom,
  'proof-only': withJudge({ mode: 'proof-only' }),
  'poll 2 s, 1st': poller({ everySeconds: 2, failures: 1 }),
  'poll 10 s, 5th': poller({ everySeconds: 10, failures: 5 }),
  'poll 1 min, 5th': poller({ everySeconds: 60, failures: 5, delay: 60 }),
  'poll 5 min, 4th': poller({ everySeconds: 300, failures: 4 }),
  'Mann-Whitney': mannWhitneyJudge,
};

const blipsTitle: Readonly<Record<Blips, string>> = {
  none: 'Without blips',
  shared: 'With blips of both colours: 5xx 10 to 40 % for 3 to 10 s, once in 25 minutes',
  green: 'With blips of green alone: 5xx 30 to 100 % for 1 to 3 s, at every shift and once in 30 minutes',
  both: 'With both kinds of blips',
};

const print = (text: string): void => void process.stdout.write(`${text}\n`);

print(
  `${releases} releases of each defect, ${rate} requests/s, seeded. shiproom: mode ${settings.judge.mode}, warm-up ${settings.warmUpMs / 1000} s, clusters ${JSON.stringify(settings.judge.clusters)}.`,
);
print(
  "A poller checks the SOP's rollback limits in each interval, and the failed check of the given number rolls back.",
);
for (const blips of ['none', 'shared', 'green', 'both'] as const) report(blips);
if (rate === 50) reportDesign();

function report(blips: Blips): void {
  const everyScenario = blips === 'none' || blips === 'both';
  const compared = scenarios
    .filter(({ defect }) => everyScenario || Object.keys(defect).length === 0)
    .map((scenario) => compare(judges, { scenario, blips, releases: releases * scenario.weight, rate }));
  const columns = Object.keys(judges);
  const faulty = compared.filter(({ scenario }) => !scenario.healthy);
  print(`\n${blipsTitle[blips]}`);
  print('\nrolled back: wrongly of healthy releases, rightly of the others');
  print(table({ comparisons: compared, columns, cell: describeRollbacks }));
  if (faulty.length === 0) return;
  print('\nseconds from the defect to the rollback, median / 95 %');
  print(table({ comparisons: faulty, columns, cell: timeToRollback }));
  print('\nfailed requests of the new release until then, median');
  print(table({ comparisons: faulty, columns, cell: failedUntilThen }));
}

/** The design's prototype counted 5xx with clusters of 2, because retries are counted again, and had no warm-up. */
function reportDesign(): void {
  const tests = lanesAlone({ clusters: 2, warmUpSeconds: 0 });
  const compared = scenarios
    .filter(({ name }) => name in designFigures)
    .map((scenario) =>
      compare({ shiproom, 'its tests alone': tests }, { scenario, blips: 'none', releases: releases * 2, rate }),
    );
  print("\nBeside the design's prototype, without blips: seconds to the rollback, median / 95 %.");
  print('The prototype, and the column of the tests alone, have clusters of 2 for 5xx and no warm-up.');
  print(
    table({
      comparisons: compared,
      columns: ['shiproom', 'its tests alone'],
      cell: timeToRollback,
      more: { 'the design': ({ scenario }) => designFigures[scenario.name] ?? '' },
    }),
  );
}

function positive(flag: string, text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value <= 0) throw new Error(`${flag} ${text} is not a whole number above 0`);
  return value;
}
