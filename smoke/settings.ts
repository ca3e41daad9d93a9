import { z } from 'zod';
import { contractual, serviceSchema } from './service.ts';

const otpSchema = z.discriminatedUnion('from', [
  z.object({ from: z.literal('response') }),
  z.object({ from: z.literal('fixed'), code: z.string() }),
  z.object({ from: z.literal('command'), command: z.tuple([z.string()], z.string()) }),
]);

const json = z.string().transform((text): unknown => JSON.parse(text));

/**
 * The journey's settings, all from the environment, so that this folder can also be run by hand: SHIPROOM_API_URL=http://127.0.0.1:3000 npx playwright test -c smoke
 */
const schema = z.object({
  SHIPROOM_API_URL: z.url(),
  /** Without it there is no browser journey. */
  SHIPROOM_WEB_URL: z.url().optional(),
  SHIPROOM_AUTH_PATH: z.string().default('/auth'),
  SHIPROOM_API_PATH: z.string().default(''),
  SHIPROOM_CLIENT_EMAIL: z.string().default('client@example.com'),
  SHIPROOM_FREELANCER_EMAIL: z.string().default('freelancer@example.com'),
  /** Users who have no part in the others' jobs; without them ownership is not checked. */
  SHIPROOM_CLIENT2_EMAIL: z.string().optional(),
  SHIPROOM_FREELANCER2_EMAIL: z.string().optional(),
  /** What the service is like where it differs from the contract: service.ts. */
  SHIPROOM_SERVICE: json.pipe(serviceSchema).default(contractual),
  /** How one-time passwords are delivered, as in the target file. */
  SHIPROOM_OTP: json.pipe(otpSchema).default({ from: 'response' }),
  /** Working directory of the command that delivers them. */
  SHIPROOM_OTP_FOLDER: z.string().optional(),
  /** A private file through which the tools of one run share their logins. */
  SHIPROOM_SESSIONS_FILE: z.string().optional(),
  /** How long to wait for another tool's logins in that file. */
  SHIPROOM_SESSIONS_WAIT_MS: z.coerce.number().default(0),
  /** Exists once that other tool has ended, so that no further login of it is to be expected. */
  SHIPROOM_LOGINS_OVER_FILE: z.string().optional(),
  SHIPROOM_EXPECTED_RELEASE: z.string().optional(),
});

/** The users of the journey, by their names in the target file. */
export type UserName = 'client' | 'freelancer' | 'client2' | 'freelancer2';

export type Settings = ReturnType<typeof readSettings>;

export function readSettings(env: NodeJS.ProcessEnv = process.env) {
  const filled = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const parsed = schema.parse(filled);
  const emails: Readonly<Record<UserName, string | undefined>> = {
    client: parsed.SHIPROOM_CLIENT_EMAIL,
    freelancer: parsed.SHIPROOM_FREELANCER_EMAIL,
    client2: parsed.SHIPROOM_CLIENT2_EMAIL,
    freelancer2: parsed.SHIPROOM_FREELANCER2_EMAIL,
  };
  return {
    apiUrl: parsed.SHIPROOM_API_URL,
    webUrl: parsed.SHIPROOM_WEB_URL,
    authPath: parsed.SHIPROOM_AUTH_PATH,
    apiPath: parsed.SHIPROOM_API_PATH,
    emails,
    service: parsed.SHIPROOM_SERVICE,
    otp: parsed.SHIPROOM_OTP,
    otpFolder: parsed.SHIPROOM_OTP_FOLDER,
    sessionsFile: parsed.SHIPROOM_SESSIONS_FILE,
    sessionsWaitMs: parsed.SHIPROOM_SESSIONS_WAIT_MS,
    loginsFinishedFile: parsed.SHIPROOM_LOGINS_OVER_FILE,
    expectedRelease: parsed.SHIPROOM_EXPECTED_RELEASE,
  };
}
