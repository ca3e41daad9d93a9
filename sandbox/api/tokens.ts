import { createHash, randomBytes, randomInt } from 'node:crypto';
import type { FastifyRequest, onRequestAsyncHookHandler } from 'fastify';
import { jwtVerify, SignJWT } from 'jose';
import { z } from 'zod';
import { Refusal } from './envelope.ts';
import type { Settings } from './settings.ts';

const roles = ['client', 'freelancer', 'admin'] as const;
export type Role = (typeof roles)[number];
export type User = { readonly id: string; readonly role: Role };

declare module 'fastify' {
  interface FastifyRequest {
    user: User;
  }
}

const claimsSchema = z.object({ sub: z.string(), role: z.enum(roles) });
const issuer = 'freetask';

export type Tokens = ReturnType<typeof createTokens>;

export function createTokens({ jwtSecret }: Settings) {
  const key = new TextEncoder().encode(jwtSecret);

  async function verify(request: FastifyRequest): Promise<User> {
    const [scheme, token] = request.headers.authorization?.split(' ') ?? [];
    if (scheme !== 'Bearer' || token === undefined) throw new Refusal(401, 'Missing access token');
    try {
      const { payload } = await jwtVerify(token, key, { issuer, algorithms: ['HS256'] });
      const { sub, role } = claimsSchema.parse(payload);
      return { id: sub, role };
    } catch {
      throw new Refusal(401, 'Invalid access token');
    }
  }

  return {
    issueAccess: (user: User): Promise<string> =>
      new SignJWT({ role: user.role })
        .setProtectedHeader({ alg: 'HS256' })
        .setSubject(user.id)
        .setIssuer(issuer)
        .setIssuedAt()
        .setExpirationTime('15m')
        .sign(key),
    /** A hook that runs before the body is read, so that an unauthenticated caller cannot upload megabytes. */
    allow:
      (...allowed: readonly Role[]): onRequestAsyncHookHandler =>
      async (request) => {
        const user = await verify(request);
        if (allowed.length > 0 && !allowed.includes(user.role)) {
          throw new Refusal(403, `Only for the role ${allowed.join(' or ')}`);
        }
        request.user = user;
      },
  };
}

export const newOtp = (): string => String(randomInt(1_000_000)).padStart(6, '0');

export const newRefreshToken = (): string => randomBytes(32).toString('base64url');

/** Codes and tokens are kept as hashes: reading the database is not enough to log in. */
export const hashSecret = (secret: string): string => createHash('sha256').update(secret).digest('hex');
