import { load } from '../src/flows/verify.ts';
import { runCheckCommand, targetCommand, withLoad } from './cli.ts';

await runCheckCommand(withLoad(targetCommand('load', 'A k6 load profile alone, judged by config/slo.yaml.')), load);
