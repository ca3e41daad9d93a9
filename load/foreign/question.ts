import type { ForeignQuestion } from '../../src/core/foreign-load.ts';

/** The only variable of ours that the script can see: where our question is. */
export const question = JSON.parse(open(__ENV['SHIPROOM_LOAD_FILE'] ?? '')) as ForeignQuestion;
