/** Of `server_version_num`, from PostgreSQL 10 on: `180004` is 18.4. */
export const formatServerVersion = (serverVersion: number): string =>
  `${majorOf(serverVersion)}.${serverVersion % 10_000}`;

/** The major version: two of them may print the same definition differently. */
export const majorOf = (serverVersion: number): number => Math.floor(serverVersion / 10_000);
