import { logSumExp } from './log-domain.ts';

/**
 * Natural log of the arithmetic mean of e-values that are given as natural logs. The mean of e-values is an e-value
 * whatever their dependence: Vovk and Wang, Annals of Statistics 49 (2021), Theorem 3.2.
 * An entry that is NaN counts as an e-value of 0, so that it can only lower the mean. An empty list gives -Infinity:
 * no lanes never reach a threshold.
 */
export const logMean = (logs: readonly number[]): number =>
  logs.length === 0
    ? -Infinity
    : logSumExp(logs.map((log) => (Number.isNaN(log) ? -Infinity : log))) - Math.log(logs.length);
