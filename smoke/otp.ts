import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Settings } from './settings.ts';

/** The one-time password that was sent to `email`; `answered` is the code in the login's answer, where it has one. */
export async function readOtp(
  { otp, otpFolder }: Pick<Settings, 'otp' | 'otpFolder'>,
  email: string,
  answered: string | undefined,
): Promise<string> {
  if (otp.from === 'fixed') return otp.code;
  if (otp.from === 'response') {
    if (answered !== undefined) return answered;
    throw new Error('The answer to the login holds no code; set `otp` in the target file.');
  }
  const [program, ...args] = otp.command;
  const filled = args.map((arg) => arg.replaceAll('{email}', email));
  // The command's output is never quoted: a message with the code would get into a report.
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
