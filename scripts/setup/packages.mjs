import { projectRoot } from './folders.mjs';
import { lastLines, run, SetupError, step } from './progress.mjs';
import { forgetPackages, packagesAreSetUp, rememberPackages } from './state.mjs';

/** `npm ci`, when node_modules is not what the lock file says. */
export async function installPackages() {
  if (await packagesAreSetUp()) return;
  await forgetPackages();
  const args = ['ci', '--no-fund', '--no-audit', '--loglevel=error'];
  const env = { ...process.env, PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD: '1', SENTRYCLI_SKIP_DOWNLOAD: '1' };
  const result = await step(
    'npm packages: node_modules is not what package-lock.json says, npm ci (about a minute)',
    () => run('npm', args, { cwd: projectRoot, env }),
  );
  if (!result.ok)
    throw new SetupError(`npm ci failed:\n${lastLines(result.stderr)}`, ['npm ci', 'npm config get registry']);
  await rememberPackages();
}
