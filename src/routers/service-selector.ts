import type { ServiceSelectorSettings } from '../core/drivers.ts';
import type { Router } from './router.ts';

export function createServiceSelectorRouter(_settings: ServiceSelectorSettings): Router {
  throw new Error('not there yet');
}
