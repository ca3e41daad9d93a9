import { deploy } from '../src/flows/deploy.ts';
import { runShippingCommand, shippingCommand } from './cli.ts';

const about =
  'Ships a release by the whole SOP: preflight, deploy, verify, watch, then finalize and announce it, or roll it back.';

const program = shippingCommand('release', about).option(
  '--hotfix <why>',
  'ship in spite of a freeze window; the reason is recorded',
);

await runShippingCommand(program, (options, flow) => deploy({ ...options, verb: 'release' }, flow));
