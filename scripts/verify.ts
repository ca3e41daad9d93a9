import { verify } from '../src/flows/verify.ts';
import { runCheckCommand, targetCommand, withLoad } from './cli.ts';

const about = 'Verifies one environment: health, readiness, smoke, load, metrics, shutdown.';

await runCheckCommand(
  withLoad(targetCommand('verify', about)).option('--keep-going', 'run the remaining checks after a check has failed'),
  verify,
);
