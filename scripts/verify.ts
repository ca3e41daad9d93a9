import { verify } from '../src/flows/verify.ts';
import { runCheckCommand, targetCommand, withLoad } from './cli.ts';

const about = 'Is this environment fit for users? Health, readiness, smoke, load, metrics, shutdown.';

await runCheckCommand(
  withLoad(targetCommand('verify', about)).option('--keep-going', 'look at the rest too when a check has failed'),
  verify,
);
