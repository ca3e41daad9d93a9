import { z } from 'zod';
import { contractual, serviceSchema } from './service.ts';

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
  FREETASK_CLIENT_EMAIL: z.string().default('client@example.com'),
  FREETASK_FREELANCER_EMAIL: z.string().default('freelancer@example.com'),
  /** Users who have no part in the others' jobs; without them ownership is not checked. */
  FREETASK_CLIENT2_EMAIL: z.string().optional(),
  FREETASK_FREELANCER2_EMAIL: z.string().optional(),
  /** What the service is like where it differs from the contract: service.ts. */
  FREETASK_SERVICE: json.pipe(serviceSchema).default(contractual),
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
export type UserName = 'client' | 'freelancer' | 'client2' | 'freelancer2';

export type Settings = ReturnType<typeof readSettings>;

export function readSettings(env: NodeJS.ProcessEnv = process.env) {
  const filled = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const parsed = schema.parse(filled);
  const emails: Readonly<Record<UserName, string | undefined>> = {
    client: parsed.FREETASK_CLIENT_EMAIL,
    freelancer: parsed.FREETASK_FREELANCER_EMAIL,
    client2: parsed.FREETASK_CLIENT2_EMAIL,
    freelancer2: parsed.FREETASK_FREELANCER2_EMAIL,
  };
  return {
    apiUrl: parsed.FREETASK_API_URL,
    webUrl: parsed.FREETASK_WEB_URL,
    authPath: parsed.FREETASK_AUTH_PATH,
    apiPath: parsed.FREETASK_API_PATH,
    emails,
    service: parsed.FREETASK_SERVICE,
    otp: parsed.FREETASK_OTP,
    otpFolder: parsed.FREETASK_OTP_FOLDER,
    sessionsFile: parsed.FREETASK_SESSIONS_FILE,
    sessionsWaitMs: parsed.FREETASK_SESSIONS_WAIT_MS,
    loginsFinishedFile: parsed.FREETASK_LOGINS_OVER_FILE,
    expectedRelease: parsed.FREETASK_EXPECTED_RELEASE,
  };
}
