import type { Target } from './target.ts';

/** The origins whose answers are evidence about this target: its addresses, and those that the target file adds. */
export function originsOf({ environment, origins }: Pick<Target, 'environment' | 'origins'>): string[] {
  const addresses = [environment.api, environment.web, ...environment.metrics, ...origins];
  return [...new Set(addresses.flatMap((address) => originOf(address ?? '') ?? []))];
}

/** A WebSocket has the origin of the address that it is opened from; undefined for what is no address. */
export function originOf(address: string): string | undefined {
  const http = address.replace(/^ws(?=s?:)/i, 'http');
  return URL.canParse(http) && /^https?:/i.test(http) ? new URL(http).origin : undefined;
}

/** Those of the asked origins that are not the target's, each once. */
export const elsewhere = (asked: readonly string[], own: readonly string[]): string[] =>
  [...new Set(asked)].filter((origin) => !own.includes(origin));

/** `2 of 2 steps asked http://a, which is not this target (http://b)`. */
export function describeElsewhere(
  counted: string,
  asked: readonly string[],
  own: readonly string[] | undefined,
): string {
  const belongs = own && own.length > 0 ? ` (${own.join(', ')})` : '';
  return `${counted} asked ${asked.join(' and ')}, which is not this target${belongs}; an origin that belongs to it is listed under \`origins\` of the target file.`;
}
