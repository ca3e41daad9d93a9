/** argv; no shell is involved. */
export type Command = readonly [string, ...string[]];
