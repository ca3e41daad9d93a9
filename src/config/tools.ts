import { join } from 'node:path';
import { z } from 'zod';
import { UserError } from '../core/errors.ts';
import { readText } from '../system/files.ts';

const toolSchema = z.object({ path: z.string().min(1), version: z.string().min(1) });
const fileSchema = z.object({
  k6: toolSchema.optional(),
  chromium: toolSchema.optional(),
  haproxy: toolSchema.optional(),
});

export interface FoundTool {
  readonly path: string;
  readonly version: string;
}
export interface FoundTools {
  readonly k6?: FoundTool | undefined;
  readonly chromium?: FoundTool | undefined;
  readonly haproxy?: FoundTool | undefined;
}

/** The tools found by set-up, from the checkout's cache or `SHIPROOM_TOOLS_DIR`. Throws UserError if set-up has not run. */
export async function readTools(projectRoot: string, toolsFolder?: string): Promise<FoundTools> {
  const file = join(toolsFolder || join(projectRoot, 'node_modules/.cache/shiproom'), 'tools.json');
  const text = await readText(file);
  const next = ['npm run setup'];
  if (text === undefined) throw new UserError(`${file} is missing: set-up has not run`, next);
  try {
    return fileSchema.parse(JSON.parse(text));
  } catch (error) {
    throw new UserError(`${file} cannot be read`, next, { cause: error });
  }
}
