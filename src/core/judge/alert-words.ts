import type { AlertRule } from '../alerts.ts';

/** `below 99`, or what is compared where there is no number. */
export const describeThreshold = ({ thresholds, measured }: Pick<AlertRule, 'thresholds' | 'measured'>): string =>
  thresholds.length === 0
    ? `on ${measured}`
    : thresholds.map(({ direction, value }) => `${direction} ${value}`).join(' or ');
