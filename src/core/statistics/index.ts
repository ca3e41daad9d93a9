/** Anytime-valid tests of rates: every one of them may be evaluated after every batch, and errs with its alpha at most. */
export { rateBounds } from './bounds.ts';
export { logMean } from './combine.ts';
export { isCount, logBreachEvidence, logWithinEvidence } from './evidence.ts';
export {
  addFastBatch,
  fastDefaults,
  logFastEvidence,
  startFastLane,
  type FastBatch,
  type FastSettings,
  type FastState,
} from './fast-lane.ts';
export { addBreachBatch, logLaneEvidence, startLane, type LaneSettings, type LaneState } from './lane.ts';
export { addRegressionBatch, type ColourCounts } from './regression.ts';
export { trialsToProve, typicalTrials } from './sample-size.ts';
export {
  addStepBackBatch,
  logStepBackEvidence,
  startStepBack,
  stepBackDefaults,
  stepBackDue,
  type StepBackState,
} from './step-back.ts';
