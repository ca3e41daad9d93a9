import { join } from 'node:path';
import { installDebianPackage } from './debian.mjs';
import { findChromium } from './find-tools.mjs';
import { run, SetupError, step } from './progress.mjs';
import { projectRoot } from './folders.mjs';

const downloadMs = 180_000;

/** The browser of the smoke journey: what is there, else Playwright's, else Debian's. */
export async function installChromium() {
  const found = await findChromium();
  if (found) return found;
  const cli = join(projectRoot, 'node_modules/@playwright/test/cli.js');
  await step('Chromium: none was found, playwright install chromium', () =>
    run(process.execPath, [cli, 'install', 'chromium'], { timeoutMs: downloadMs }),
  );
  const downloaded = await findChromium();
  if (downloaded) return downloaded;
  if (await installDebianPackage('chromium', 'the smoke journey needs a browser')) {
    const installed = await findChromium();
    if (installed) return installed;
  }
  throw new SetupError('Chromium was not found, and it could not be installed', [
    process.platform === 'darwin' ? 'brew install --cask google-chrome' : 'sudo apt-get install chromium',
    'export SHIPROOM_WITHOUT=chromium   to do without it: only a target with a web client needs it',
  ]);
}
