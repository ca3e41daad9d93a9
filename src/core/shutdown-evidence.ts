import type { EvidenceBase } from './evidence.ts';

/** Requests whose bodies were half sent when the environment was stopped. */
export interface ShutdownEvidence extends EvidenceBase {
  readonly kind: 'shutdown';
  /** The status of an answer to them. */
  readonly wanted?: number;
  readonly inFlight: readonly {
    readonly status: number | null;
    readonly error?: string;
    readonly requestId?: string;
    readonly durationMs: number;
  }[];
  /** The stop command's own exit code is the instances' exit code. */
  readonly stopExitCode: number | null;
  readonly stopDurationMs: number;
  /** Whether the environment was ready again after the start command. */
  readonly startedAgain: boolean;
}
