import type { Served } from '../rollout/observation.ts';
import type { RolloutSettings } from '../rollout/settings.ts';
import type { Slo } from '../slo.ts';

/** What a rollout is judged by. */
export interface JudgeInput {
  readonly slos: readonly Slo[];
  readonly settings: RolloutSettings;
  /** The router's own answers before the first shift; undefined where they were not counted. */
  readonly frontBefore?: Served | undefined;
}
