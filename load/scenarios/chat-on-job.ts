import { check } from 'k6';
import { openChat } from '../chat.ts';
import { bidOn, postJob } from '../marketplace.ts';
import { dataOf, route } from '../route.ts';

const name = '/chat/:jobId/messages';
const write = route({ role: 'client', method: 'POST', name, status: 201 });
const readBack = route({ role: 'client', method: 'GET', name, status: 200 });

const options = 'When could you begin?';
const reply = 'Tomorrow at nine.';

/** Client and freelancer talk, one over HTTP and the other over a WebSocket, where both are heard. */
export async function chatOnJob(): Promise<void> {
  const jobId = postJob();
  if (jobId === undefined || !bidOn(jobId)) return;
  const path = `/chat/${jobId}/messages`;
  const chat = await openChat(jobId, 'freelancer');
  try {
    const body = JSON.stringify({ message: options });
    const { right: written } = write({ path, body, looksRight: (text) => dataOf(text)['message'] === options });
    const heard = written && (await chat.hears(options));
    chat.say(reply);
    const echoed = await chat.hears(reply);
    // Silence after a message that was not taken is no fault of the WebSocket.
    if (written) check(heard && echoed, { 'WebSocket /chat/:jobId passes on what is said': (passed) => passed });
    readBack({ path, looksRight: (text) => text.includes(options) });
  } finally {
    chat.leave();
  }
}
