import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { releases } from '../releases.ts';
import { migrateDown, migrateUp, migrationLabel, migrationSql, migrationStatus } from './migrations.ts';

/** `2`, or a label as `status` prints it: `002-job-deadline`. */
function parseVersion(text: string): number {
  const digits = /^(\d+)(?:-[\w-]+)?$/.exec(text)?.[1];
  if (digits === undefined) throw new InvalidArgumentError('A version is a whole number.');
  return Number(digits);
}

/** The schema of a release; undefined for one that the catalogue does not have. */
const schemaOf = (release: string | undefined): number | undefined =>
  releases.find(({ name }) => name === release)?.schema;

/** `database`: another one of the same server. */
function databaseUrl(program: Command, database?: string): string {
  const text = process.env['DATABASE_URL'] ?? program.error('DATABASE_URL is not set.');
  if (database === undefined) return text;
  const url = new URL(text);
  url.pathname = `/${database}`;
  return url.href;
}

function print(lines: readonly string[], otherwise: string) {
  process.stdout.write(`${(lines.length > 0 ? lines : [otherwise]).join('\n')}\n`);
}

const program = new Command('migrate').description("FreeTask's schema migrations").exitOverride();

program
  .command('status')
  .description('name each migration and whether it is applied')
  .option('--release <release>', 'those that its build has')
  .action(async ({ release }: { release?: string }) => {
    const migrations = await migrationStatus(databaseUrl(program), schemaOf(release));
    print(
      migrations.map((migration) =>
        [migrationLabel(migration), migration.applied ? 'applied' : 'pending', migration.class ?? []].flat().join(' '),
      ),
      'no migrations',
    );
  });

program
  .command('up')
  .description('apply what is missing')
  .option('--to <version>', 'stop after this version', parseVersion)
  .option('--release <release>', 'those that its build has')
  .option('--database <name>', 'another database of the same server')
  .action(async ({ to, release, database }: { to?: number; release?: string; database?: string }) => {
    const applied = await migrateUp(databaseUrl(program, database), to ?? schemaOf(release));
    print(
      applied.map((migration) => `${migrationLabel(migration)} applied`),
      'nothing to apply',
    );
  });

program
  .command('sql')
  .description('print the statements of one migration')
  .argument('<version>', 'its version, or its label', parseVersion)
  .action(async (version: number) => {
    const sql = await migrationSql(version);
    process.stdout.write(sql ?? program.error(`There is no migration ${version}.`));
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
