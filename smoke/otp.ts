import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Settings } from './settings.ts';

/** The one-time password that was sent to `email`; `told` is what the login's own answer said, if it said anything. */
export async function readOtp(
  { otp, otpFolder }: Pick<Settings, 'otp' | 'otpFolder'>,
  email: string,
  told: string | undefined,
): Promise<string> {
  if (otp.from === 'fixed') return otp.code;
  if (otp.from === 'response') {
    if (told !== undefined) return told;
    throw new Error('The login does not tell the code; the target file has to say where it comes from (otp).');
  }
  const [program, ...args] = otp.command;
  const filled = args.map((arg) => arg.replaceAll('{email}', email));
  // What the command says is never quoted: a message with the code in it would end in a report.
  const { stdout } = await promisify(execFile)(program, filled, {
    timeout: 30_000,
    ...(otpFolder === undefined ? {} : { cwd: otpFolder }),
  }).catch(() => {
    throw new Error(`The OTP command ${program} failed.`);
  });
  const code = /\b\d{6}\b/.exec(stdout)?.[0];
  if (code === undefined) throw new Error(`The OTP command ${program} printed no six digits.`);
  return code;
}
