import { type ClauseId, clauses, isClauseId } from './sop.ts';

/**
 * What judges each clause: the ids of judgements with every clause that they may name, `*` for a number, a tool or an objective.
 * `npm run check:sop` compares it with the judges, so that neither has an id that the other does not know.
 */
export const sopChecks: Readonly<Record<string, readonly ClauseId[]>> = {
  'gate.analyze': ['1.1a'],
  'gate.test': ['1.1b'],
  'gate.api-lint': ['1.1c'],
  'gate.api-test': ['1.1d'],
  'database.pending': ['1.2a'],
  'database.locks': ['1.2a'],
  'database.compatible': ['1.2b'],
  'artifact.bundle': ['1.3a'],
  'artifact.image': ['1.3b'],
  'artifact.running': ['1.3b'],
  'sentry.release': ['1.4a'],
  'alert.crash-free': ['1.4b'],
  'alert.payment-success': ['1.4b'],
  'alert.server-errors': ['1.4b'],
  'alerts.firing': ['1.4b'],
  release: ['2.B1'],
  rollout: ['2.B1', '2.B4', '2.R2', '4.1b'],
  'rollout.identity': ['2.B1'],
  'rollout.platform': ['2.B1'],
  'rollout.migrations': ['2.B2'],
  health: ['2.B3a'],
  readiness: ['2.B3b'],
  'readiness.dependencies': ['2.B3b'],
  aftermath: ['2.B3b'],
  'stage-*.ready': ['2.B3b', '4.1c'],
  'stage-*.share': ['2.B4'],
  'rollout.router': ['2.B4'],
  'rollout.keep-warm': ['2.B5'],
  'rollout.drain': ['2.R1'],
  'rollout.join': ['2.R3'],
  'rollout.stop': ['2.R4'],
  shutdown: ['2.R4'],
  'smoke.*': ['3.1', '3.2c', '4.1c'],
  'stage-*.smoke.*': ['3.1', '3.2c', '4.1c'],
  'accepted.*': ['3.1'],
  'load.answers': ['3.1'],
  'load.run': ['3.2a'],
  'load.thresholds': ['3.2a'],
  'load.pace': ['3.2a'],
  'load.front': ['3.2d'],
  'load.latency-*': ['3.2a'],
  'load.payment-success': ['3.2c', '4.1b'],
  'load.server-errors': ['3.2d', '4.1b'],
  'metrics.latency-*': ['3.2a'],
  'metrics.payment-success': ['3.2c', '4.1b'],
  'metrics.server-errors': ['3.2d', '4.1b'],
  'stage-*.latency-*': ['3.2a', '4.1a'],
  'stage-*.payment-success': ['3.2c', '4.1b'],
  'stage-*.server-errors': ['3.2d', '4.1b'],
  'stage-*.users': ['3.2d', '4.1b'],
  'objective.*': ['3.2a', '3.2c', '3.2d'],
  'sentry.crash-free': ['3.2b'],
  'sentry.deploy': ['3.3a'],
  'crashlytics.issues': ['3.3b'],
  'release-notes': ['3.4a'],
  announcement: ['3.4b'],
};

/** The steps of a rollback, which its receipt judges: each is verified, or the rollback is not complete (4.2). */
export const sopSteps: Readonly<Record<string, ClauseId>> = {
  'shift *': '4.2.1',
  'replace back': '4.2.1',
  'roll back': '4.2.1',
  'confirm *': '4.2.1',
  'prove-rollback': '4.2.1',
  'snapshot-flags': '4.2.2',
  'snapshot-flags *': '4.2.2',
  'restore-flags': '4.2.2',
  'migrate-down': '4.2.3',
  'notify-incident': '4.2.4',
  'open-ticket': '4.2.4',
  'record-failed-deploy': '4.2.5',
};

/** Ids of what judges a clause; those of steps are prefixed with `step`. */
export const checksOf = (clause: ClauseId): readonly string[] => [
  ...Object.entries(sopChecks).flatMap(([id, own]) => (own.includes(clause) ? [id] : [])),
  ...Object.entries(sopSteps).flatMap(([id, own]) => (own === clause ? [`step ${id}`] : [])),
];

/** All clauses in the SOP's order. */
export const clauseIds: readonly ClauseId[] = Object.keys(clauses).filter(isClauseId);
