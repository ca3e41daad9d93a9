import { colors } from './colors.ts';
import { components } from './components.ts';
import { page } from './page.ts';
import { print } from './print.ts';
import { rollout } from './rollout.ts';

export const style = [colors, page, components, rollout, print].join('');
