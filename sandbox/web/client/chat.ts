import { messagesPerPage, readChat, Refused } from './api.ts';

interface Places {
  readonly list: HTMLElement;
  /** Says why there is nothing to read. */
  readonly note: HTMLElement;
}

/**
 * The chat of one job, asked for again and again: a browser cannot send the token with a WebSocket's upgrade. New lines are
 * added below the old ones, so that a screen reader says each of them once.
 */
export function createChat({ list, note }: Places, authorOf: (userId: string) => string) {
  let jobId: string | undefined;
  let seen = 0;
  let closedToUs = false;

  async function refresh(): Promise<void> {
    if (jobId === undefined || closedToUs) return;
    const asked = jobId;
    const page = Math.floor(seen / messagesPerPage) + 1;
    try {
      const { items } = await readChat(asked, page);
      // Another job may have been opened, or another refresh may have come first.
      if (asked !== jobId) return;
      const fresh = items.slice(Math.max(0, seen - (page - 1) * messagesPerPage));
      seen += fresh.length;
      list.append(...fresh.map(({ userId, message }) => lineOf(authorOf(userId), message)));
    } catch (error) {
      if (!(error instanceof Refused) || error.status !== 403) throw error;
      closedToUs = true;
      note.textContent = 'The chat opens for you once you have placed a bid.';
    }
  }

  return {
    refresh,
    /** Reads the chat of a job from its beginning; also when what we may see has changed. */
    open: (job: string): Promise<void> => {
      [jobId, seen, closedToUs] = [job, 0, false];
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
