import { preflightParts } from '../../core/preflight.ts';
import type { RunResult } from '../../core/run-result.ts';
import type { Flow } from '../flow.ts';
import type { CheckOptions } from '../prepare.ts';
import { check } from '../verify.ts';

/** Section 1: what has to pass before a release is shipped. */
export const preflight = (options: CheckOptions, flow: Flow): Promise<RunResult> =>
  check('preflight', preflightParts, options, flow);
