const hidden = '‹masked›';

/** Whether something was masked in a text. */
export const isMasked = (text: string): boolean => text.includes(hidden);

/** Replaces every secret in a text. */
export type Mask = (text: string) => string;

const shapes = [
  /\beyJ[\w-]{4,}\.[\w-]{4,}\.[\w-]+/g, // a JWT of any issuer
  /(?<=\bBearer\s+)[\w.~+/=-]{8,}/gi,
  // A JSON value, also inside a string that is itself quoted in JSON.
  /(?<=\\?"(?:refreshToken|accessToken|otp|password|secret)\\?"\s*:\s*\\?")[^"\\]+/gi,
];

/**
 * Masks the given secrets (of at least 4 characters, so that no digit of a report disappears) and everything in the shape of
 * a token. `secrets` is called each time, because tokens are issued during the run.
 */
export function createMask(secrets: () => Iterable<string>): Mask {
  return (text) => {
    let masked = text;
    for (const secret of secrets()) if (secret.length >= 4) masked = masked.replaceAll(patternOf(secret), hidden);
    for (const shape of shapes) masked = masked.replace(shape, hidden);
    return masked;
  };
}

/** A code of digits is a secret only where it stands alone: within a request id it is part of something else. */
const patternOf = (secret: string): string | RegExp =>
  /^\d+$/.test(secret) ? new RegExp(`(?<![\\w-])${secret}(?![\\w-])`, 'g') : secret;

const secretKeys: ReadonlySet<string> = new Set(['refreshToken', 'accessToken', 'otp', 'password', 'secret']);

/** A copy in which every text is masked, and every text under the name of a secret hidden. Numbers stay as they are. */
export const maskValue = <T>(value: T, mask: Mask): T =>
  JSON.parse(
    JSON.stringify(value, (key, each: unknown) =>
      typeof each !== 'string' ? each : secretKeys.has(key) ? hidden : mask(each),
    ),
  ) as T;
