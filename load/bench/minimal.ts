import { check } from 'k6';
import http from 'k6/http';
import type { Options } from 'k6/options';
import { WebSocket } from 'k6/websockets';
import type { LoadPlan } from '../../src/core/load-plan.ts';

/** The same requests as the load scripts', as short as k6 allows: the reference of `npm run bench:load`. */
const plan = JSON.parse(open(__ENV['LOAD_PLAN_FILE'] ?? '')) as LoadPlan;
const url = __ENV['LOAD_API_URL'] ?? '';
const params = { headers: { Authorization: 'Bearer eyJub2JvZHk', 'Content-Type': 'application/json' } };

export const options: Options = {
  scenarios: Object.fromEntries(
    plan.scenarios.map(({ name, users, startPerMinute, stages }) => [
      name,
      {
        executor: 'constant-arrival-rate',
        exec: name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase()),
        rate: startPerMinute,
        timeUnit: '1m',
        duration: `${stages[0]?.durationMs}ms`,
        preAllocatedVUs: users,
      },
    ]),
  ),
};

const job = JSON.stringify({ title: 'A job', description: 'To be done', category: 'load', budget: 100 });

function get(path: string): void {
  check(http.get(url + path, { ...params, tags: { name: path } }), { 'answers 200': ({ status }) => status === 200 });
}

function post(path: string, body: string, status: number, name = path) {
  const response = http.post(url + path, body, { ...params, tags: { name } });
  check(response, { [`answers ${status}`]: (answer) => answer.status === status });
  return response;
}

export function browseJobs(): void {
  get('/jobs?pageSize=20');
  get('/jobs?status=OPEN&pageSize=20&page=2');
  get('/notifications?pageSize=20');
}

export const postJob = (): string => post('/jobs', job, 201).json('data.id') as string;

export function bidOnJob(): string {
  const jobId = postJob();
  post('/bids', JSON.stringify({ jobId, amount: 90, message: 'I could do that.' }), 201);
  return jobId;
}

export function payForJob(): void {
  const jobId = bidOnJob();
  post('/payments/escrow', JSON.stringify({ jobId, amount: 90 }), 201);
  post('/payments/release', JSON.stringify({ jobId }), 200);
}

export function chatOnJob(): void {
  const jobId = bidOnJob();
  const name = '/chat/:jobId/messages';
  const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/chat/${jobId}`, null, { ...params, tags: { name } });
  socket.onopen = () => {
    post(`/chat/${jobId}/messages`, JSON.stringify({ message: 'When could you begin?' }), 201, name);
    socket.send(JSON.stringify({ type: 'chat_message', message: 'Tomorrow at nine.' }));
  };
  let received = 0;
  socket.onmessage = () => {
    received += 1;
    if (received < 2) return;
    check(http.get(`${url}/chat/${jobId}/messages`, { ...params, tags: { name } }), {
      'answers 200': ({ status }) => status === 200,
    });
    socket.close();
  };
}
