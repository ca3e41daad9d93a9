import { verify } from '../src/flows/verify.ts';
import { openCheckDoor, targetCommand, withLoad } from './door.ts';

const about = 'Is this environment fit for users? Health, readiness, smoke, load, metrics, shutdown.';

await openCheckDoor(
  withLoad(targetCommand('verify', about)).option('--keep-going', 'look at the rest too when a check has failed'),
  verify,
);
