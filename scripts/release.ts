import { UserError } from '../src/core/errors.ts';
import { deploy } from '../src/flows/deploy.ts';
import { runShippingCommand, shippingCommand, withHotfix } from './cli.ts';

const about =
  'Ships a release by the whole SOP: preflight, deploy, verify, watch, then finalize and announce it, or roll it back.';

const program = withHotfix(shippingCommand('release', about))
  .option('--reviewed-by <name>', 'who has reviewed Crashlytics, with --reviewed (3.3b)')
  .option('--reviewed <what>', 'what was reviewed, with --reviewed-by');

interface Review {
  readonly reviewedBy?: string;
  readonly reviewed?: string;
}

await runShippingCommand<Review>(program, async ({ reviewedBy: by, reviewed, ...options }, flow) => {
  const named = [by, reviewed].filter((text) => text !== undefined && text.trim() !== '').length;
  if (named === 1 || (named === 0 && (by ?? reviewed) !== undefined))
    throw new UserError('A review of Crashlytics names the reviewer and what was reviewed.', [
      '--reviewed-by NAME --reviewed "open issues of 1.5.0 (45), last 30 minutes"',
    ]);
  const attestation = by !== undefined && reviewed !== undefined ? { attestation: { by, reviewed } } : {};
  return deploy({ ...options, ...attestation, verb: 'release' }, flow);
});
