import { z } from 'zod';
import { type Double, hasBearer } from './service.ts';

const limits = {
  'x-ratelimit-limit': '5000',
  'x-ratelimit-remaining': '4999',
  'x-github-media-type': 'github.v3; format=json',
};

export const github: Double = {
  name: 'github',
  prefix: '/github',
  routes: [
    {
      method: 'POST',
      path: '/repos/:owner/:repo/issues',
      body: z.object({
        title: z.string().min(1),
        body: z.string().optional(),
        labels: z.array(z.string()).optional(),
        assignees: z.array(z.string()).optional(),
      }),
      answer: ({ params, body }) => ({
        status: 201,
        headers: limits,
        body: {
          number: 1,
          state: 'open',
          html_url: `https://github.com/${params['owner']}/${params['repo']}/issues/1`,
          ...(body as object),
        },
      }),
    },
    { method: 'GET', path: '/repos/:owner/:repo/issues', answer: () => ({ status: 200, headers: limits, body: [] }) },
  ],
  refuse: (headers) =>
    hasBearer(headers)
      ? undefined
      : { status: 401, headers: limits, body: { message: 'Requires authentication', status: '401' } },
  notFound: { status: 404, headers: limits, body: { message: 'Not Found', status: '404' } },
  invalid: (why) => ({
    status: 422,
    headers: limits,
    body: { message: 'Validation Failed', errors: [why], status: '422' },
  }),
};
