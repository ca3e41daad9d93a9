import type { AlertsEvidence } from './alerts.ts';
import type { ReleaseEvidence } from './tracked-release.ts';
import type { Unmeasured } from './unmeasured.ts';

/** Clauses 1.4a and 1.4b. */
export interface MonitoringEvidence {
  readonly release: ReleaseEvidence | Unmeasured;
  readonly alerts: AlertsEvidence;
}
