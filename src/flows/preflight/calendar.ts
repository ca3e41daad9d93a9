import { periodAt } from '../../config/freeze-window.ts';
import type { GatherPart } from './context.ts';

/** The freeze windows of the target file at this moment. */
export const gatherCalendar: GatherPart = ({ deployment, hotfix, clock }) => {
  const now = clock.now();
  return Promise.resolve({
    calendar: {
      at: new Date(now).toISOString(),
      periods: (deployment.preflight?.freeze ?? []).flatMap((window) => periodAt(window, now) ?? []),
      ...(hotfix === undefined ? {} : { hotfix }),
    },
  });
};
