import { preflight } from '../src/flows/preflight/preflight.ts';
import { runCheckCommand, targetCommand, withHotfix } from './cli.ts';

const about =
  'What has to pass before a release is shipped: freeze windows, quality gates, migrations, artifacts, monitoring (1).';

await runCheckCommand(withHotfix(targetCommand('preflight', about)), preflight);
