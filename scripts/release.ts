import { UserError } from '../src/core/errors.ts';
import { deploy } from '../src/flows/deploy.ts';
import { runShippingCommand, shippingCommand } from './cli.ts';

const about =
  'Ships a release by the whole SOP: preflight, deploy, verify, watch, then finalize and announce it, or roll it back.';

const program = shippingCommand('release', about)
  .option('--hotfix <why>', 'ship in spite of a freeze window; the reason is recorded')
  .option('--reviewed-by <name>', 'who has reviewed Crashlytics, with --reviewed (3.3b)')
  .option('--reviewed <what>', 'what they looked at');

interface Review {
  readonly reviewedBy?: string;
  readonly reviewed?: string;
}

await runShippingCommand<Review>(program, async ({ reviewedBy: by, reviewed: looked, ...options }, flow) => {
  const named = [by, looked].filter((text) => text !== undefined && text.trim() !== '').length;
  if (named === 1 || (named === 0 && (by ?? looked) !== undefined))
    throw new UserError('A review names who made it and what was looked at.', [
      '--reviewed-by NAME --reviewed "open issues of 1.5.0 (45), last 30 minutes"',
    ]);
  const attestation = by !== undefined && looked !== undefined ? { attestation: { by, looked } } : {};
  return deploy({ ...options, ...attestation, verb: 'release' }, flow);
});
