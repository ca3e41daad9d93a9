import type { ChatRooms } from './chat-rooms.ts';
import type { Database } from './database.ts';
import type { Metrics } from './metrics.ts';
import type { PaymentProvider } from './payments.ts';
import type { Settings } from './settings.ts';
import type { Tokens } from './tokens.ts';

/** What the routes share; created once at start, by `buildApp`. */
export type Services = {
  readonly settings: Settings;
  readonly database: Database;
  readonly tokens: Tokens;
  readonly metrics: Metrics;
  readonly provider: PaymentProvider;
  readonly rooms: ChatRooms;
};
