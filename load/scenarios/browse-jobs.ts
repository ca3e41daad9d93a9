import { offers } from '../question.ts';
import { route } from '../route.ts';

const common = { role: 'freelancer', method: 'GET', status: 200 } as const;
const newest = route({ ...common, name: '/jobs' });
const open = route({ ...common, name: '/jobs?status=OPEN', discardsBody: true });
const hasNotifications = offers('GET /notifications');
const notifications = route({ ...common, name: '/notifications', discardsBody: true });

/** A freelancer lists the newest jobs, the open jobs and the notifications. */
export function browseJobs(): void {
  // Parsing the whole page would cost more CPU time than the request itself.
  newest({ path: '/jobs?pageSize=20', isCorrect: (text) => text.includes('"items"') });
  open({ path: '/jobs?status=OPEN&pageSize=20&page=2' });
  if (hasNotifications) notifications({ path: '/notifications?pageSize=20' });
}
