import { colors } from './colors.ts';
import { page } from './page.ts';
import { parts } from './parts.ts';
import { print } from './print.ts';
import { rollout } from './rollout.ts';

export const style = [colors, page, parts, rollout, print].join('');
