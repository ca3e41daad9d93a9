import { route } from '../route.ts';

const role = 'freelancer';
const newest = route({ role, method: 'GET', name: '/jobs', status: 200 });
const open = route({ role, method: 'GET', name: '/jobs?status=OPEN', status: 200 });
const notifications = route({ role, method: 'GET', name: '/notifications', status: 200 });

/** Reading a whole page costs more than asking for it, so a page is known by its frame; smoke tests read what is on it. */
const looksRight = (text: string): boolean => text.includes('"items"');

/** A freelancer looks for work: the newest jobs, those still open, and what is new for him. */
export function browseJobs(): void {
  newest({ path: '/jobs?pageSize=20', looksRight });
  open({ path: '/jobs?status=OPEN&pageSize=20&page=2', looksRight });
  notifications({ path: '/notifications?pageSize=20', looksRight });
}
