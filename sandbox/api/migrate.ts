import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { migrateDown, migrateUp, migrationLabel, migrationStatus } from './migrations.ts';

/** `2`, or a label as `status` prints it: `002-job-deadline`. */
function parseVersion(text: string): number {
  const digits = /^(\d+)(?:-[\w-]+)?$/.exec(text)?.[1];
  if (digits === undefined) throw new InvalidArgumentError('A version is a whole number.');
  return Number(digits);
}

function databaseUrl(program: Command): string {
  const url = process.env['DATABASE_URL'];
  return url ?? program.error('DATABASE_URL is not set.');
}

function print(lines: readonly string[], otherwise: string) {
  process.stdout.write(`${(lines.length > 0 ? lines : [otherwise]).join('\n')}\n`);
}

const program = new Command('migrate').description("FreeTask's schema migrations").exitOverride();

program
  .command('status')
  .description('name each migration and whether it is applied')
  .action(async () => {
    const migrations = await migrationStatus(databaseUrl(program));
    print(
      migrations.map((migration) => `${migrationLabel(migration)} ${migration.applied ? 'applied' : 'pending'}`),
      'no migrations',
    );
  });

program
  .command('up')
  .description('apply what is missing')
  .option('--to <version>', 'stop after this version', parseVersion)
  .action(async ({ to }: { to?: number }) => {
    const applied = await migrateUp(databaseUrl(program), to);
    print(
      applied.map((migration) => `${migrationLabel(migration)} applied`),
      'nothing to apply',
    );
  });

program
  .command('down')
  .description('revert every migration above a version')
  .requiredOption('--to <version>', 'the version to return to', parseVersion)
  .action(async ({ to }: { to: number }) => {
    const reverted = await migrateDown(databaseUrl(program), to);
    print(
      reverted.map((migration) => `${migrationLabel(migration)} reverted`),
      'nothing to revert',
    );
  });

try {
  await program.parseAsync();
} catch (error) {
  // Commander has already printed what was wrong with the call.
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : 2;
  } else {
    process.stderr.write(`${String(error)}\n`);
    process.exitCode = 1;
  }
}
