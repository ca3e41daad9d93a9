import { colors } from './colors.ts';
import { page } from './page.ts';
import { parts } from './parts.ts';
import { print } from './print.ts';

export const style = [colors, page, parts, print].join('');
