import { route } from '../route.ts';

const common = { role: 'freelancer', method: 'GET', status: 200 } as const;
const newest = route({ ...common, name: '/jobs' });
const open = route({ ...common, name: '/jobs?status=OPEN', bodyUnread: true });
const notifications = route({ ...common, name: '/notifications', bodyUnread: true });

/** A freelancer looks for work: the newest jobs, those still open, and what is new for him. */
export function browseJobs(): void {
  // A page is known by its frame: reading all that is on it would cost more than asking for it.
  newest({ path: '/jobs?pageSize=20', looksRight: (text) => text.includes('"items"') });
  open({ path: '/jobs?status=OPEN&pageSize=20&page=2' });
  notifications({ path: '/notifications?pageSize=20' });
}
