import { artifactsOf } from '../../config/artifacts.ts';
import type { Deployment } from '../../config/target-file.ts';
import {
  type ArtifactsSettings,
  digestIn,
  type ImageSettings,
  readDigest,
  type RunningDigest,
  type RunningEvidence,
} from '../../core/artifacts.ts';
import type { TargetStore } from '../../journal/index.ts';
import { recordedDigests } from '../../journal/recorded-digests.ts';
import { withPath } from '../../runners/tool-path.ts';
import type { Place } from '../../runtimes/index.ts';
import { askCommand, type CommandContext, fillCommand } from '../../system/command.ts';

export type DigestCall = CommandContext & { readonly signal?: AbortSignal | undefined };

/**
 * What each of these places runs: by the command of the target file where it has one, else by the image that the runtime reports
 * (docker-compose, or a runtime command with `image`). Never throws.
 */
export function readRunningDigests(
  places: readonly Place[],
  settings: ArtifactsSettings['image'],
  call: DigestCall,
): Promise<readonly RunningDigest[]> {
  const image = 'command' in settings ? settings : undefined;
  return Promise.all(
    places.map((place) => (image?.running ? ask(place, image, call) : Promise.resolve(ofImage(place)))),
  );
}

async function ask(
  { name: place, address }: Place,
  { running, folder, path, readTimeoutMs }: ImageSettings,
  { env, signal }: DigestCall,
): Promise<RunningDigest> {
  const command = fillCommand(running ?? [''], { place, address });
  const options = { env: withPath(env, path), cwd: folder, signal, timeoutMs: readTimeoutMs };
  const answer = readDigest(await askCommand(command, options), command.join(' '));
  if ('digest' in answer) return { place, digests: [answer.digest] };
  return { place, problem: 'problem' in answer ? answer.problem : `\`${command.join(' ')}\` printed no digest` };
}

/** An image is known by its id, and by the digest of every registry that has it. */
function ofImage({ name: place, running, image }: Place): RunningDigest {
  if (!running) return { place, problem: 'nothing runs there' };
  const digests = image ? [image.id, ...(image.digests ?? [])].flatMap((text) => digestIn(text) ?? []) : [];
  return digests.length > 0
    ? { place, digests: [...new Set(digests)] }
    : { place, problem: 'the runtime reports no image; preflight.artifacts.image.running prints its digest' };
}

/** For the judgement artifact.running; undefined where the target has no image. Throws where the store cannot be reached. */
export async function gatherRunning(
  { file, deployment }: { readonly file: string; readonly deployment: Deployment },
  {
    release,
    places,
    store,
  }: { readonly release: string; readonly places: readonly Place[]; readonly store: TargetStore },
  call: DigestCall,
): Promise<RunningEvidence | undefined> {
  const { image } = artifactsOf(file, deployment);
  if (!('command' in image)) return undefined;
  const recorded = await recordedDigests(store).read(release);
  return { release, ...(recorded ? { recorded } : {}), running: await readRunningDigests(places, image, call) };
}
