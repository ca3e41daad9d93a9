import type { MigrationsSettings } from '../core/drivers.ts';
import type { CommandContext } from '../system/command.ts';
import { createCommandMigrations } from './command.ts';
import type { Migrations } from './migrations.ts';
import { createSqlFilesMigrations } from './sql-files.ts';

export type { Migrations } from './migrations.ts';
export { readLiveDatabase } from './catalog.ts';
export { createScratchMigrations, type ScratchDatabase, type ScratchParts, withScratch } from './scratch.ts';
export { checkServer } from './server-check.ts';
export { codeOf, splitStatements, type SqlStatement, summarise } from './sql-statements.ts';

export function createMigrations(settings: MigrationsSettings, context: CommandContext): Migrations {
  switch (settings.driver) {
    case 'command':
      return createCommandMigrations(settings, context);
    case 'sql-files':
      return createSqlFilesMigrations(settings);
  }
}
