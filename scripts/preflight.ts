import { Option } from 'commander';
import { preflight } from '../src/flows/preflight/preflight.ts';
import { hotfixReason, runCheckCommand, targetCommand } from './cli.ts';

const about =
  'What has to pass before a release is shipped: freeze windows, quality gates, migrations, artifacts, monitoring (1).';

await runCheckCommand(
  targetCommand('preflight', about).addOption(
    new Option('--hotfix <why>', 'ship inside a freeze window; the report shows the reason').argParser(hotfixReason),
  ),
  preflight,
);
