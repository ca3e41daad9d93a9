import { z } from 'zod';

const otpSchema = z.discriminatedUnion('from', [
  z.object({ from: z.literal('response') }),
  z.object({ from: z.literal('fixed'), code: z.string() }),
  z.object({ from: z.literal('command'), command: z.tuple([z.string()], z.string()) }),
]);

const json = z.string().transform((text): unknown => JSON.parse(text));

/**
 * The journey's settings, all from the environment, so that this folder can also be run by hand: FREETASK_API_URL=http://127.0.0.1:3000 npx playwright test -c smoke
 */
const schema = z.object({
  FREETASK_API_URL: z.url(),
  /** Without it there is no browser journey. */
  FREETASK_WEB_URL: z.url().optional(),
  FREETASK_AUTH_PATH: z.string().default('/auth'),
  FREETASK_API_PATH: z.string().default(''),
  FREETASK_CLIENT_EMAIL: z.email().default('client@example.com'),
  FREETASK_FREELANCER_EMAIL: z.email().default('freelancer@example.com'),
  /** How one-time passwords are delivered, as in the target file. */
  FREETASK_OTP: json.pipe(otpSchema).default({ from: 'response' }),
  /** Working directory of the command that delivers them. */
  FREETASK_OTP_FOLDER: z.string().optional(),
  /** A private file through which the tools of one run share their logins. */
  FREETASK_SESSIONS_FILE: z.string().optional(),
  /** How long to wait for another tool's logins in that file. */
  FREETASK_SESSIONS_WAIT_MS: z.coerce.number().default(0),
  /** Exists once that other tool has ended, so that no further login of it is to be expected. */
  FREETASK_LOGINS_OVER_FILE: z.string().optional(),
  FREETASK_EXPECTED_RELEASE: z.string().optional(),
});

/** The users of the journey, by their names in the target file. */
export type Role = 'client' | 'freelancer';

export type Settings = ReturnType<typeof readSettings>;

export function readSettings(env: NodeJS.ProcessEnv = process.env) {
  const filled = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const parsed = schema.parse(filled);
  return {
    apiUrl: parsed.FREETASK_API_URL,
    webUrl: parsed.FREETASK_WEB_URL,
    authPath: parsed.FREETASK_AUTH_PATH,
    apiPath: parsed.FREETASK_API_PATH,
    emails: { client: parsed.FREETASK_CLIENT_EMAIL, freelancer: parsed.FREETASK_FREELANCER_EMAIL },
    otp: parsed.FREETASK_OTP,
    otpFolder: parsed.FREETASK_OTP_FOLDER,
    sessionsFile: parsed.FREETASK_SESSIONS_FILE,
    sessionsWaitMs: parsed.FREETASK_SESSIONS_WAIT_MS,
    loginsFinishedFile: parsed.FREETASK_LOGINS_OVER_FILE,
    expectedRelease: parsed.FREETASK_EXPECTED_RELEASE,
  };
}
