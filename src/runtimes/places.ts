import type { PlaceSettings } from '../core/drivers.ts';
import { ToolError } from '../core/errors.ts';

/** Throws ToolError for a place that the target file does not name. */
export function placeNamed<T extends PlaceSettings>(places: readonly T[], name: string): T {
  const found = places.find((place) => place.name === name);
  if (found) return found;
  const known = places.map((place) => place.name).join(', ');
  throw new ToolError(`The runtime has no place "${name}"; it has ${known}.`, { command: [], exitCode: null });
}

const lastLines = 4;

/** The exit code, and the last lines of the output. */
export function describeEnding(exitCode: number, log: string | undefined): string {
  const output = (log ?? '').trim().split('\n').slice(-lastLines).join('\n');
  return `ended with exit code ${exitCode}${output === '' ? ', without output' : `: ${output}`}`;
}
