import type { MonitoringEvidence } from '../monitoring.ts';
import type { CheckPlan } from '../plan.ts';
import { judgeAlerts } from './alerts.ts';
import type { Judged } from './judged.ts';
import { judgeTracked } from './tracked.ts';

/** Clauses 1.4a and 1.4b. */
export function judgeMonitoring({ release, alerts }: MonitoringEvidence, plan: CheckPlan): Judged {
  const tracked = judgeTracked(release);
  const { judgements, notChecked } = judgeAlerts(alerts, plan);
  return 'status' in tracked
    ? { judgements: [tracked, ...judgements], notChecked }
    : { judgements, notChecked: [tracked, ...notChecked] };
}
