import { smoke, type VerifyQuestion } from '../src/flows/verify.ts';
import { openDoor, targetCommand, tellResult } from './door.ts';

const program = targetCommand(
  'smoke',
  'The smoke journey alone: Newman and Playwright, from OTP login to release of the escrow.',
);

await openDoor(program, async (flow) => {
  const { json, ...flags } = program.opts<VerifyQuestion & { json?: boolean }>();
  const result = await smoke(flags, flow);
  tellResult(result, flow, json === true);
  return result.exitCode;
});
