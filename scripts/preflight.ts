import { preflight } from '../src/flows/preflight/preflight.ts';
import { runCheckCommand, targetCommand } from './cli.ts';

const about = 'What has to pass before a release is shipped: quality gates, migrations, artifacts, monitoring (1).';

await runCheckCommand(targetCommand('preflight', about), preflight);
