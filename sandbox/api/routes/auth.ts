import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { Refusal } from '../envelope.ts';
import { perMinute } from '../rate-limit.ts';
import type { Services } from '../services.ts';
import { hashSecret, newOtp, newRefreshToken, type Role } from '../tokens.ts';

type UserRow = { id: string; name: string; role: Role };

const email = z.email().max(200);
const loginBody = z.object({ email });
const verifyBody = z.object({ email, otp: z.string().regex(/^\d{6}$/, 'must be six digits') });
const refreshBody = z.object({ refreshToken: z.string().min(1).max(200) });

export function addAuthRoutes(app: FastifyInstance, { database, tokens, settings }: Services): void {
  app.post('/login', { config: perMinute(5) }, async (request) => {
    const body = loginBody.parse(request.body);
    const otp = newOtp();
    const { rowCount } = await database.query(
      `INSERT INTO otps (user_id, code_hash, expires_at)
       SELECT id, $2, now() + interval '5 minutes' FROM users WHERE email = $1`,
      [body.email, hashSecret(otp)],
    );
    if (rowCount === 0) throw new Refusal(404, 'No user with this email');
    // This deployment is not production, so the OTP is in the answer and no mailbox is needed.
    return { otpSent: true, otp };
  });

  app.post('/verify-otp', { config: perMinute(10) }, async (request) => {
    const body = verifyBody.parse(request.body);
    const user = await useOtp(body.email, hashSecret(body.otp));
    const refreshToken = newRefreshToken();
    await database.query(
      `INSERT INTO refresh_tokens (token_hash, user_id, expires_at) VALUES ($1, $2, now() + interval '7 days')`,
      [hashSecret(refreshToken), user.id],
    );
    return { accessToken: await tokens.issueAccess(user), refreshToken, user };
  });

  app.post('/refresh', async (request) => {
    const body = refreshBody.parse(request.body);
    const { rows } = await database.query<UserRow>(
      `SELECT users.id, name, role FROM refresh_tokens JOIN users ON users.id = user_id
       WHERE token_hash = $1 AND expires_at > now()`,
      [hashSecret(body.refreshToken)],
    );
    const [user] = rows;
    if (!user) throw new Refusal(401, 'Invalid refresh token');
    return { accessToken: await tokens.issueAccess(user) };
  });

  /** Finding the code and deleting it is one statement: of two callers with the same code, one is logged in. */
  async function useOtp(address: string, codeHash: string): Promise<UserRow> {
    const { rows } = await database.query<UserRow>(
      `UPDATE otps SET used_at = now() FROM users
       WHERE otps.id = (
         SELECT otps.id FROM otps JOIN users ON users.id = user_id
         WHERE email = $1 AND code_hash = $2 AND expires_at > now()
           ${settings.defects.otpReusable ? '' : 'AND used_at IS NULL'}
         LIMIT 1 FOR UPDATE OF otps SKIP LOCKED)
       AND users.id = otps.user_id
       RETURNING users.id, name, role`,
      [address, codeHash],
    );
    const [user] = rows;
    if (!user) throw new Refusal(401, 'Wrong or expired OTP');
    return user;
  }
}
