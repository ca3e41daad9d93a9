import { messagesPerPage, readChat, Refused } from './api.ts';

interface Places {
  readonly list: HTMLElement;
  /** Shows why there is nothing to read. */
  readonly note: HTMLElement;
}

/**
 * The chat of one job, polled: a browser cannot send the token with a WebSocket's upgrade. New lines are added below the
 * old ones, so that a screen reader reads each of them once.
 */
export function createChat({ list, note }: Places, authorOf: (userId: string) => string) {
  let jobId: string | undefined;
  let shown = 0;
  let closed = false;

  async function refresh(): Promise<void> {
    if (jobId === undefined || closed) return;
    const asked = jobId;
    const page = Math.floor(shown / messagesPerPage) + 1;
    try {
      const { items } = await readChat(asked, page);
      // Another job may have been opened, or a later refresh may have finished first.
      if (asked !== jobId) return;
      const fresh = items.slice(Math.max(0, shown - (page - 1) * messagesPerPage));
      shown += fresh.length;
      list.append(...fresh.map(({ userId, message }) => lineOf(authorOf(userId), message)));
    } catch (error) {
      if (!(error instanceof Refused) || error.status !== 403) throw error;
      closed = true;
      note.textContent = 'The chat opens for you once you have placed a bid.';
    }
  }

  return {
    refresh,
    /** Reads the chat of a job from its beginning; also after the access rights have changed. */
    open: (job: string): Promise<void> => {
      [jobId, shown, closed] = [job, 0, false];
      list.replaceChildren();
      note.textContent = '';
      return refresh();
    },
  };
}

function lineOf(author: string, message: string): HTMLElement {
  const line = document.createElement('li');
  const who = document.createElement('b');
  who.textContent = `${author}: `;
  line.append(who, message);
  return line;
}
