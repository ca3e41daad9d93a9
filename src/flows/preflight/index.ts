import { gatherArtifacts } from './artifacts.ts';
import { gatherCalendar } from './calendar.ts';
import type { PreflightGatherers } from './context.ts';
import { gatherDatabase } from './database.ts';
import { gatherGates } from './gates.ts';
import { gatherMonitoring } from './monitoring.ts';

/** One file and one line a part. */
export const preflightGatherers: PreflightGatherers = {
  calendar: gatherCalendar,
  gates: gatherGates,
  database: gatherDatabase,
  artifacts: gatherArtifacts,
  monitoring: gatherMonitoring,
};
