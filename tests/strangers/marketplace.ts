import { randomUUID } from 'node:crypto';
import type { Defects } from './habits.ts';

export interface User {
  readonly id: string;
  readonly name: string;
  readonly role: 'client' | 'freelancer' | 'admin';
  readonly email: string;
}

export class Refused extends Error {
  readonly status: number;
  readonly details: unknown;
  constructor(status: number, message: string, details?: unknown) {
    super(message);
    this.status = status;
    this.details = details;
  }
}

interface Job {
  readonly id: string;
  readonly ownerId: string;
  readonly title: string;
  readonly category: string;
  readonly budget: number;
  status: string;
  payment_state: string;
  amount: number;
}
interface Call {
  readonly user: User;
  readonly body: Readonly<Record<string, unknown>>;
  readonly query: URLSearchParams;
  readonly key?: string | undefined;
  /** The ids of the path. */
  readonly id: string;
}
export interface Result {
  readonly status: number;
  readonly data: unknown;
}
type Rule = (call: Call) => Result;

/** FreeTask's rules over state in memory, by `METHOD /route`. */
export function openMarketplace(defects: Defects) {
  const jobs = new Map<string, Job>();
  const bids: { readonly jobId: string; readonly userId: string; readonly amount: number }[] = [];
  const messages: { readonly jobId: string; readonly message: string }[] = [];
  const transactions: { readonly userId: string; readonly jobId: string; readonly type: string; amount: number }[] = [];
  const answers = new Map<string, unknown>();
  const listeners: ((jobId: string, frame: object) => void)[] = [];
  const least = defects.negativeAmounts ? -Infinity : 0;

  const find = (id: string): Job => {
    const job = jobs.get(id);
    if (!job) throw new Refused(404, 'No such job');
    return job;
  };
  const only = (user: User, role: User['role']) => {
    if (user.role !== role) throw new Refused(403, `Only for the role ${role}`);
  };
  const owned = (id: string, user: User): Job => {
    const job = find(id);
    if (job.ownerId !== user.id && !defects.ownershipUnchecked) throw new Refused(403, 'Not your job');
    return job;
  };
  /** Throws 422 with every field that is wrong. */
  const check = (body: Call['body'], rules: Readonly<Record<string, (value: unknown) => boolean>>) => {
    const wrong = Object.entries(rules).filter(([field, isRight]) => !isRight(body[field]));
    if (wrong.length > 0)
      throw new Refused(
        422,
        'Validation failed',
        wrong.map(([field]) => field),
      );
  };
  const text = (max: number) => (value: unknown) => typeof value === 'string' && value !== '' && value.length <= max;
  const money = (value: unknown) => typeof value === 'number' && value >= least;
  const shown = ({ id, ownerId, title, category, budget, status, payment_state }: Job) => ({
    id,
    ownerId,
    title,
    category,
    budget,
    status,
    payment_state,
  });

  const mayChat = (id: string, user: User): Job => {
    const job = find(id);
    const part = job.ownerId === user.id || bids.some(({ jobId, userId }) => jobId === job.id && userId === user.id);
    if (!part && !defects.chatOpen) throw new Refused(403, 'Chat access denied');
    return job;
  };
  const page = (all: readonly unknown[], query: URLSearchParams) => {
    const [number, size] = [Number(query.get('page') ?? 1), Number(query.get('pageSize') ?? 20)];
    if (!(size <= 50)) throw new Refused(422, 'Validation failed', ['pageSize']);
    const items = all.slice((number - 1) * size, number * size);
    return { status: 200, data: { items, page: number, pageSize: size, total: all.length } };
  };
  const paid = ({ id, payment_state, status }: Job) => ({ jobId: id, payment_state, status });
  const write = (jobId: string, user: User, message: string, attachment: boolean) => {
    const posted = { id: randomUUID(), jobId, userId: user.id, message, attachment, createdAt: new Date() };
    messages.push(posted);
    for (const listener of listeners) listener(jobId, { type: 'chat_message', payload: posted });
    return posted;
  };

  const rules: Readonly<Record<string, Rule>> = {
    'GET /jobs': ({ query }) => {
      const [search, status] = [query.get('search') ?? '', query.get('status')];
      const found = [...jobs.values()].filter(
        (job) => job.title.includes(search) && (status === null || job.status === status),
      );
      return page(found.toReversed().map(shown), query);
    },
    'POST /jobs': ({ user, body }) => {
      only(user, 'client');
      check(body, { title: text(120), description: text(10_000), category: text(100), budget: money });
      const { title, category, budget } = body as unknown as Job;
      const state = { status: 'OPEN', payment_state: 'PENDING_ESCROW', amount: 0 };
      const job: Job = { id: randomUUID(), ownerId: user.id, title, category, budget, ...state };
      jobs.set(job.id, job);
      return { status: 201, data: shown(job) };
    },
    'PATCH /jobs/:id/status': ({ user, body, id }) => {
      const job = owned(id, user);
      const next = { OPEN: ['IN_PROGRESS', 'CANCELLED'], IN_PROGRESS: ['COMPLETED', 'CANCELLED'] }[job.status] ?? [];
      if (!next.includes(String(body['status']))) throw new Refused(409, `It is ${job.status}`);
      job.status = String(body['status']);
      return { status: 200, data: shown(job) };
    },
    'POST /bids': ({ user, body }) => {
      only(user, 'freelancer');
      check(body, { jobId: text(100), amount: money, message: text(500) });
      const job = find(String(body['jobId']));
      if (job.status !== 'OPEN') throw new Refused(409, 'The job is not open');
      const bid = { id: randomUUID(), jobId: job.id, amount: Number(body['amount']), createdAt: new Date() };
      bids.push({ ...bid, userId: user.id });
      return { status: 201, data: bid };
    },
    'GET /chat/:id/messages': ({ user, query, id }) => {
      mayChat(id, user);
      return page(
        messages.filter(({ jobId }) => jobId === id),
        query,
      );
    },
    'POST /chat/:id/messages': ({ user, body, id }) => {
      mayChat(id, user);
      check(body, { message: text(2000) });
      return { status: 201, data: write(id, user, String(body['message']), body['attachment'] !== undefined) };
    },
    'POST /payments/escrow': ({ user, body }) => {
      only(user, 'client');
      check(body, { jobId: text(100), amount: money });
      const job = owned(String(body['jobId']), user);
      if (job.payment_state !== 'PENDING_ESCROW' || job.status === 'CANCELLED') throw new Refused(409, 'No escrow now');
      Object.assign(job, { payment_state: 'ESCROWED', status: 'IN_PROGRESS', amount: body['amount'] });
      transactions.push({ userId: user.id, jobId: job.id, type: 'ESCROW', amount: -job.amount });
      return { status: 201, data: paid(job) };
    },
    'POST /payments/release': ({ user, body, key }) => {
      only(user, 'client');
      if (!key) throw new Refused(400, 'The header Idempotency-Key is required');
      const job = owned(String(body['jobId']), user);
      const earlier = answers.get(`${user.id} ${key}`);
      if (earlier) return { status: 200, data: earlier };
      const again = defects.doubleRelease && job.payment_state === 'RELEASED';
      if (job.payment_state !== 'ESCROWED' && !again) throw new Refused(409, 'Payment not in escrowed state');
      Object.assign(job, { payment_state: 'RELEASED', status: 'COMPLETED' });
      const payee = bids.find(({ jobId }) => jobId === job.id)?.userId ?? job.ownerId;
      transactions.push({ userId: payee, jobId: job.id, type: 'RELEASE', amount: job.amount });
      answers.set(`${user.id} ${key}`, paid(job));
      return { status: 200, data: paid(job) };
    },
    'GET /wallet/transactions': ({ user, query }) =>
      page(
        transactions.filter(({ userId }) => userId === user.id),
        query,
      ),
    'GET /notifications': ({ query }) => page([], query),
    'POST /reviews': ({ body }) => {
      check(body, {
        jobId: text(100),
        rating: (value) => Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 5,
        comment: text(500),
      });
      if (find(String(body['jobId'])).status !== 'COMPLETED') throw new Refused(409, 'Not completed');
      return { status: 201, data: { id: randomUUID(), ...body } };
    },
  };
  return { rules, mayChat, write, onMessage: (listener: (typeof listeners)[number]) => void listeners.push(listener) };
}
export type Marketplace = ReturnType<typeof openMarketplace>;
