import { preflight } from '../src/flows/preflight.ts';
import { runCheckCommand, targetCommand } from './cli.ts';

const about = 'What has to pass before a release is shipped: the quality gates of the app and of the API.';

await runCheckCommand(targetCommand('preflight', about), preflight);
