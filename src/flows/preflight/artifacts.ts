import { basename } from 'node:path';
import { artifactsOf } from '../../config/artifacts.ts';
import { recordedDigests } from '../../journal/recorded-digests.ts';
import { buildBundle } from '../../runners/build.ts';
import { buildImage } from '../../runners/image.ts';
import type { GatherPart } from './context.ts';

/** Clause 1.3. One after the other: each build takes all processors that it gets. */
export const gatherArtifacts: GatherPart = async ({ file, deployment, release, store, clock, runner }) => {
  const settings = artifactsOf(file, deployment);
  const bundle = 'command' in settings.bundle ? await buildBundle(settings.bundle, release, runner) : settings.bundle;
  const context = {
    release,
    runId: basename(runner.runFolder),
    now: clock.now,
    records: recordedDigests(store),
    runner,
  };
  const image = 'command' in settings.image ? await buildImage(settings.image, context) : settings.image;
  return { artifacts: { bundle, image } };
};
