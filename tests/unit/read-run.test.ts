import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readRun } from '../../src/journal/read-run.ts';

it('proposes runs, and not the folder of a store beside them', async () => {
  const reports = await mkdtemp(join(tmpdir(), 'reports-'));
  for (const name of ['.targets', '20261126-120000-deploy-release-abcd']) await mkdir(join(reports, name));
  await expect(readRun(reports, 'another')).rejects.toMatchObject({
    message: `There is no run "another" in ${reports}.`,
    next: ['npm run report -- 20261126-120000-deploy-release-abcd'],
  });
  await rm(reports, { recursive: true });
});
