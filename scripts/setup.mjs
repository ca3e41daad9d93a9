// Sets up what is missing, and only that. No dependencies: it runs before there are any.
//   node scripts/setup.mjs                  everything
//   node scripts/setup.mjs --packages-only  npm packages alone
//   node scripts/setup.mjs --for-tests      everything, and what only the tests start: Prometheus
// Environment: K6_PATH (the k6 to use), SHIPROOM_WITHOUT=haproxy,chromium,k6 (do without, for a target that needs none),
// SHIPROOM_TOOLS_DIR (in the place of the user's cache and of node_modules/.cache/shiproom).
import { nodeIsNewEnough } from './setup/node-version.mjs';
import { setUp, setUpForTests } from './setup/set-up.mjs';
import { isSetUp } from './setup/state.mjs';

const packagesOnly = process.argv.includes('--packages-only');
const ready = nodeIsNewEnough() && ((await isSetUp(packagesOnly)) || (await setUp(packagesOnly)));
const complete = ready && (!process.argv.includes('--for-tests') || (await setUpForTests()));
if (!complete) process.exitCode = 2;
