import { load } from '../src/flows/verify.ts';
import { openCheckDoor, targetCommand, withLoad } from './door.ts';

await openCheckDoor(withLoad(targetCommand('load', 'A k6 load profile alone, judged by config/slo.yaml.')), load);
