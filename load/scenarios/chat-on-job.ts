import { check } from 'k6';
import { openChat } from '../chat.ts';
import { countCorrect } from '../counting.ts';
import { bidOn, postJob } from '../marketplace.ts';
import { dataOf, route } from '../route.ts';

const name = '/chat/:jobId/messages';
const write = route({ role: 'client', method: 'POST', name, status: 201 });
const readBack = route({ role: 'client', method: 'GET', name, status: 200 });

const question = 'When could you begin?';
const reply = 'Tomorrow at nine.';

/** The client writes over HTTP and the freelancer over a WebSocket, which receives both messages. */
export async function chatOnJob(): Promise<void> {
  const jobId = postJob();
  if (jobId === undefined || !bidOn(jobId)) return;
  const path = `/chat/${jobId}/messages`;
  const chat = await openChat(jobId, 'freelancer');
  try {
    const body = JSON.stringify({ message: question });
    const { correct: written } = write({ path, body, isCorrect: (text) => dataOf(text)['message'] === question });
    const received = written && (await chat.receives(question));
    chat.send(reply);
    const echoed = await chat.receives(reply);
    // A message that was refused is not expected on the WebSocket.
    if (received && echoed) countCorrect();
    else if (written) check(null, { 'WebSocket /chat/:jobId delivers messages': () => false });
    readBack({ path, isCorrect: (text) => text.includes(question) });
  } finally {
    chat.close();
  }
}
