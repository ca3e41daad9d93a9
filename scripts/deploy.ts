import { deploy } from '../src/flows/deploy.ts';
import { runShippingCommand, shippingCommand } from './cli.ts';

const about = 'Deploys a release, blue-green, rolling or in place, judged at every stage; rolls it back on a breach.';

await runShippingCommand(shippingCommand('deploy', about), deploy);
