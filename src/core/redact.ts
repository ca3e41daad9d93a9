/** Replaces every secret in a text. */
export type Mask = (text: string) => string;

const shapes = [
  /\beyJ[\w-]{4,}\.[\w-]{4,}\.[\w-]+/g, // a JWT, whoever issued it
  /(?<=\bBearer\s+)[\w.~+/=-]{8,}/gi,
  // A JSON value, also inside a string that is itself quoted in JSON.
  /(?<=\\?"(?:refreshToken|accessToken|otp|password|secret)\\?"\s*:\s*\\?")[^"\\]+/gi,
];

/**
 * A mask for the given secrets (4 characters at least, so that no digit of a report disappears) and for whatever has the
 * shape of a token. `secrets` is asked at every call, because tokens are learned while the run goes on.
 */
export function createMask(secrets: () => Iterable<string>): Mask {
  return (text) => {
    let masked = text;
    for (const secret of secrets()) if (secret.length >= 4) masked = masked.replaceAll(secret, '‹masked›');
    for (const shape of shapes) masked = masked.replace(shape, '‹masked›');
    return masked;
  };
}
