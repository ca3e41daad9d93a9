import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** First lines of commits that mean something in Slack, Markdown or a terminal. */
export const commitLines: readonly string[] = readFileSync(join(import.meta.dirname, '../rollback/commits.txt'), 'utf8')
  .trim()
  .split('\n')
  .slice(0, 9);
