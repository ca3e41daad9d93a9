/**
 * What a rule of squawk means here. `lock`: a statement holds a lock for as long as it reads or rewrites a table. `incompatible`:
 * the previous release breaks. `timeout`: a statement may wait for its lock without a limit, and everything behind it too.
 * `style`: shown, not judged. `syntax`: the file was not understood. A rule that is not in this list is `unknown`.
 */
export type LintGroup = 'lock' | 'incompatible' | 'timeout' | 'style' | 'syntax' | 'unknown';

const rules: Readonly<Record<Exclude<LintGroup, 'unknown'>, string>> = {
  lock: `require-concurrent-index-creation require-concurrent-index-deletion require-concurrent-reindex
    require-concurrent-partition-detach changing-column-type adding-not-nullable-field adding-field-with-default
    adding-serial-primary-key-field adding-foreign-key-constraint constraint-missing-not-valid disallowed-unique-constraint
    ban-alter-domain-with-add-constraint ban-concurrent-index-creation-in-transaction prefer-repack`,
  incompatible: `adding-required-field ban-drop-column ban-drop-table ban-drop-database ban-truncate-cascade renaming-column
    renaming-table`,
  timeout: 'require-lock-timeout require-timeout-settings',
  // NULL where there was none, like a new value of an enum, is read by the previous release; its statements succeed.
  style: `ban-drop-not-null ban-char-field ban-create-domain-with-constraint ban-uncommitted-transaction transaction-nesting
    prefer-bigint-over-int prefer-bigint-over-smallint prefer-identity prefer-robust-stmts prefer-text-field prefer-timestamp-tz
    require-enum-value-ordering require-statement-timeout require-table-schema identifier-too-long unused-ignore`,
  syntax: 'syntax-error',
};

const groups: ReadonlyMap<string, LintGroup> = new Map(
  (['lock', 'incompatible', 'timeout', 'style', 'syntax'] as const).flatMap((group) =>
    rules[group].split(/\s+/).map((rule) => [rule, group] as const),
  ),
);

export const lintGroupOf = (rule: string): LintGroup => groups.get(rule) ?? 'unknown';
