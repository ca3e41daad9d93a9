import { load, type VerifyQuestion } from '../src/flows/verify.ts';
import { duration, openDoor, positiveNumber, targetCommand, tellResult } from './door.ts';

const program = targetCommand('load', 'A k6 load profile alone, judged by config/slo.yaml.')
  .option('--profile <name>', "load profile (default: the target file's, or stage)")
  .option('--rate <requests>', 'requests a second, in the place of the profile’s own', positiveNumber)
  .option('--duration <time>', 'how long the load lasts, in the place of the profile’s own', duration)
  .option('--slo <file>', 'other objectives than config/slo.yaml')
  .option('--allow-production-load', 'put load on a target that is marked production');

await openDoor(program, async (flow) => {
  const {
    json,
    duration: durationMs,
    ...flags
  } = program.opts<VerifyQuestion & { json?: boolean; duration?: number }>();
  const result = await load({ ...flags, durationMs }, flow);
  tellResult(result, flow, json === true);
  return result.exitCode;
});
