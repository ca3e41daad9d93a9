import { z } from 'zod';
import type { RunningImage } from '../runtime.ts';

export interface Container {
  readonly id: string;
  readonly service: string;
  readonly running: boolean;
  /** The release that was asked for. */
  readonly release?: string;
  readonly image: { readonly id: string; readonly name: string };
  readonly exitCode: number;
}

const containersSchema = z.array(
  z.object({
    Id: z.string(),
    Image: z.string(),
    Config: z.object({
      Image: z.string(),
      Labels: z.record(z.string(), z.string()).nullish(),
      Env: z.array(z.string()).nullish(),
    }),
    State: z.object({ Running: z.boolean(), ExitCode: z.int() }),
  }),
);

/** Instances from `docker inspect`. One-off containers of `compose run` (a migration, a shell) are none. Throws on other text. */
export function parseContainers(text: string): Container[] {
  return containersSchema.parse(JSON.parse(text)).flatMap(({ Id, Image, Config, State }): Container[] => {
    const labels = Config.Labels ?? {};
    if (labels['com.docker.compose.oneoff'] === 'True') return [];
    const variable = Config.Env?.find((line) => line.startsWith('APP_RELEASE='))?.slice('APP_RELEASE='.length);
    const release = labels['freetask.release'] ?? variable;
    return [
      {
        id: Id,
        service: labels['com.docker.compose.service'] ?? '',
        running: State.Running,
        exitCode: State.ExitCode,
        image: { id: Image, name: Config.Image },
        ...(release === undefined ? {} : { release }),
      },
    ];
  });
}

const imagesSchema = z.array(
  z.object({
    Id: z.string(),
    RepoDigests: z.array(z.string()).nullish(),
    Config: z.object({ Labels: z.record(z.string(), z.string()).nullish() }).nullish(),
  }),
);

/** Images by id from `docker image inspect`. Throws on other text. */
export function parseImages(text: string): Map<string, Omit<RunningImage, 'name'>> {
  return new Map(
    imagesSchema.parse(JSON.parse(text)).map(({ Id, RepoDigests, Config }) => {
      const version = Config?.Labels?.['org.opencontainers.image.version'];
      return [Id, { id: Id, digests: RepoDigests ?? [], ...(version === undefined ? {} : { version }) }];
    }),
  );
}
