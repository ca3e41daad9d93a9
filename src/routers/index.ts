import type { RouterSettings } from '../core/drivers.ts';
import type { CommandContext } from '../system/command.ts';
import { createCommandRouter } from './command.ts';
import { createGatewayApiRouter } from './gateway-api.ts';
import { createHaproxyRouter } from './haproxy.ts';
import type { Router } from './router.ts';
import { createServiceSelectorRouter } from './service-selector.ts';

export type { Pool, PoolMember } from '../core/pool.ts';
export type { MeasuredShare, Router, RouterChange } from './router.ts';

export function createRouter(settings: RouterSettings, context: CommandContext): Router {
  switch (settings.driver) {
    case 'haproxy':
      return createHaproxyRouter(settings);
    case 'command':
      return createCommandRouter(settings, context);
    case 'gateway-api':
      return createGatewayApiRouter(settings);
    case 'service-selector':
      return createServiceSelectorRouter(settings);
  }
}
