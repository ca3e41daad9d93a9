import { type Answer, answerFrom } from './answers.ts';
import { ChatSocket } from './chat-socket.ts';
import type { Settings } from './settings.ts';

/** The chat of a job over WebSocket. */
export function chatOf(settings: Settings, record: (answer: Answer) => void) {
  const { apiUrl, apiPath } = settings;
  const urlOf = (jobId: string) => `${apiUrl.replace(/^http/, 'ws')}${apiPath}/chat/${jobId}`;
  const connect = async (jobId: string, token: string | undefined) => {
    const opened = await ChatSocket.open(urlOf(jobId), token);
    const { status, headers } = opened instanceof ChatSocket ? opened.upgrade : opened;
    record(answerFrom({ method: 'GET', url: urlOf(jobId).replace(/^ws/, 'http'), status }, headers, settings));
    return opened;
  };
  return {
    /** Tries to open a chat that has to be closed: the status of the answer, which is 101 where the chat was opened. */
    attempt: async (jobId: string, token?: string): Promise<number> => {
      const opened = await connect(jobId, token);
      if (!(opened instanceof ChatSocket)) return opened.status;
      opened.close();
      return opened.upgrade.status;
    },
    open: async (jobId: string, token: string): Promise<ChatSocket> => {
      const opened = await connect(jobId, token);
      if (opened instanceof ChatSocket) return opened;
      throw new Error(`The chat was refused with status ${opened.status} to a user with access.`);
    },
  };
}
