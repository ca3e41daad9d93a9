import { z } from 'zod';

/** What the target file says about the service, as far as the journey needs it; every default is FreeTask's contract. */
export const serviceSchema = z.object({
  login: z
    .object({
      with: z.enum(['otp', 'password', 'token', 'none']).default('otp'),
      /** Complete paths of the log-in with a one-time password. */
      request: z.string().optional(),
      verify: z.string().optional(),
      tokens: z
        .object({ access: z.string().default('accessToken'), refresh: z.string().optional() })
        .default({ access: 'accessToken', refresh: 'refreshToken' }),
    })
    .prefault({}),
  answers: z
    .object({
      /** The field around the data; absent where the body is the data. */
      envelope: z.string().optional(),
      requestIdHeader: z.string().optional(),
    })
    .default({ envelope: 'data', requestIdHeader: 'X-Request-Id' }),
  releaseHeader: z.string().optional(),
  absentRoutes: z.array(z.string()).default([]),
});
export type Service = z.output<typeof serviceSchema>;

export const contractual: Service = serviceSchema.parse({ releaseHeader: 'X-App-Release' });

/** The first of these routes that the target does not have. */
export function absentRoute({ absentRoutes }: Service, routes: readonly string[]): string | undefined {
  const plain = (route: string) => route.replaceAll(/:\w+/g, ':id');
  const isBelow = (path: string, above: string) => path === above || path.startsWith(`${above}/`);
  return routes.map(plain).find((route) => {
    const [method, path = ''] = route.split(' ');
    return absentRoutes.map(plain).some((absent) => {
      const [first = '', second] = absent.split(' ');
      return second === undefined ? isBelow(path, first) : first === method && isBelow(path, second);
    });
  });
}

/** A dotted field of an answer. */
export function fieldOf(value: unknown, path: string): unknown {
  let found = value;
  for (const key of path.split('.')) found = (found as Readonly<Record<string, unknown>> | null | undefined)?.[key];
  return found;
}

/** The data of an answer, without its envelope. */
export const dataOf = (body: unknown, { answers: { envelope } }: Service): unknown =>
  envelope === undefined ? body : fieldOf(body, envelope);
