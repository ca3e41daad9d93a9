import type { z } from 'zod';
import type { ClusterSettings } from '../core/cluster.ts';
import type { LoadSettings } from '../core/target.ts';
import type { loadSchema } from './load-schema.ts';
import { withoutUndefined } from './target-schemas.ts';

type LoadKeys = z.output<typeof loadSchema>;

/** The key `load` of a target file, paths absolute. */
export const loadSettingsOf = (
  load: LoadKeys,
  cluster: ClusterSettings,
  absolute: (path: string) => string,
): LoadSettings => ({
  profile: load.profile,
  ...withoutUndefined({ rate: load.rate, durationMs: load.duration, off: load.off }),
  ...engineOf(load.engine, cluster),
  ...(load.script === undefined
    ? {}
    : {
        script: {
          path: absolute(load.script),
          options: load.options ?? 'replaced',
          metrics: load.metrics ?? {},
          variables: load.variables,
          iteration: {
            requests: load.iteration?.requests ?? 1,
            ...withoutUndefined({ timeMs: load.iteration?.time }),
          },
        },
      }),
});

/** Where k6 runs; nothing where that is this machine. */
function engineOf(engine: LoadKeys['engine'], cluster: ClusterSettings): Pick<LoadSettings, 'engine'> {
  if (engine === undefined || engine.driver === 'k6') return {};
  const { startWithin: startWithinMs, ...settings } = engine;
  return { engine: { ...settings, cluster, startWithinMs } };
}
