import type { GatewayApiSettings } from '../core/drivers.ts';
import type { Router } from './router.ts';

export function createGatewayApiRouter(_settings: GatewayApiSettings): Router {
  throw new Error('not there yet');
}
