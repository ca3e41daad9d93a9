import { check } from 'k6';
import { exchange } from '../chat.ts';
import { countCorrect } from '../counting.ts';
import { bidOn, postJob } from '../marketplace.ts';
import { dataOf, route } from '../route.ts';

const name = '/chat/:jobId/messages';
const write = route({ role: 'client', method: 'POST', name, status: 201 });
const readBack = route({ role: 'client', method: 'GET', name, status: 200 });

const question = 'When could you begin?';
const reply = 'Tomorrow at nine.';

/** The client writes over HTTP and the freelancer over a WebSocket, which receives both messages. */
export function chatOnJob(): void {
  const jobId = postJob();
  if (jobId === undefined || !bidOn(jobId)) return;
  const path = `/chat/${jobId}/messages`;
  const body = JSON.stringify({ message: question });
  const ask = () => write({ path, body, isCorrect: (text) => dataOf(text)['message'] === question }).correct;
  // Messages are written over HTTP also where the chat was refused.
  const { received, asked = ask() } = exchange(jobId, 'freelancer', { ask, question, reply });
  if (received) countCorrect();
  else if (asked) check(null, { 'WebSocket /chat/:jobId delivers messages': () => false });
  readBack({ path, isCorrect: (text) => text.includes(question) });
}
