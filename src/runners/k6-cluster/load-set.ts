import type { LoadEngine } from '../../core/load-engine.ts';
import type { Clock } from '../../system/clock.ts';
import type { KubernetesClient } from '../../system/kubernetes.ts';
import type { K6Options } from '../k6-command.ts';
import type { RunnerPod } from './pods.ts';

/** The runners of one load in the cluster, however they are created. */
export interface LoadSet {
  /** Creates everything; the runners come up by themselves. */
  readonly create: (signal: AbortSignal) => Promise<void>;
  readonly readPods: (signal: AbortSignal) => Promise<RunnerPod[]>;
  /** What the controller reports of runners that no pod shows, and why the load cannot begin or go on. */
  readonly readController: (signal: AbortSignal) => Promise<ControllerState>;
  /** Whether the runners wait for us to start; the k6-operator starts its own. */
  readonly startsPaused: boolean;
  /** The Secret with the tokens, as soon as the runners have read it. */
  readonly removeSessions: () => Promise<void>;
  /** Everything; what does not exist is no failure. */
  readonly remove: () => Promise<void>;
}

export interface ControllerState {
  /** No runner will be started or ended any more. */
  readonly finished: boolean;
  readonly problems: readonly string[];
}

export interface SetContext {
  readonly client: KubernetesClient;
  readonly engine: LoadEngine;
  readonly name: string;
}

/** A load by several k6 in a cluster. */
export interface ClusterLoad extends Pick<
  K6Options,
  'target' | 'slos' | 'plan' | 'sessionsFile' | 'expectedRelease' | 'budgetMs'
> {
  readonly engine: LoadEngine;
  readonly clock?: Clock;
  /** Between two readings of the runners. Default 500. */
  readonly pollMs?: number;
}
