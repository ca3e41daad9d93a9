import { smoke } from '../src/flows/verify.ts';
import { openCheckDoor, targetCommand } from './door.ts';

const about = 'The smoke journey alone: Newman and Playwright, from OTP login to release of the escrow.';

await openCheckDoor(targetCommand('smoke', about), smoke);
