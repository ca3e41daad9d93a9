import { smoke } from '../src/flows/verify.ts';
import { runCheckCommand, targetCommand } from './cli.ts';

const about = 'The smoke journey alone: Newman and Playwright, from OTP login to release of the escrow.';

await runCheckCommand(targetCommand('smoke', about), smoke);
