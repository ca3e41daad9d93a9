import { type Double, hasBearer } from './service.ts';

const failure = (code: number, status: string, message: string) => ({
  status: code,
  body: { error: { code, message, status } },
});

export const crashlytics = (): Double => ({
  name: 'crashlytics',
  prefix: '/crashlytics',
  routes: [
    {
      method: 'GET',
      path: '/v1alpha/projects/:project/apps/:app/reports/topIssues',
      answer: ({ params, query }) => {
        // Both ends of the interval are required together, and the project is the second part of the app's id.
        if (query.has('filter.interval.start_time') !== query.has('filter.interval.end_time')) {
          return failure(400, 'INVALID_ARGUMENT', 'Both ends of the interval are required.');
        }
        if (params['app']?.split(':')[1] !== params['project'])
          return failure(400, 'INVALID_ARGUMENT', 'The app is not of this project.');
        return { status: 200, body: { name: 'topIssues', displayName: 'Top issues', totalSize: 0, groups: [] } };
      },
    },
  ],
  refuse: (headers) =>
    hasBearer(headers)
      ? undefined
      : failure(401, 'UNAUTHENTICATED', 'Request is missing required authentication credential.'),
  notFound: failure(404, 'NOT_FOUND', 'Not found.'),
  invalid: (why) => failure(400, 'INVALID_ARGUMENT', why),
  refusal: failure(403, 'PERMISSION_DENIED', 'The caller does not have permission.'),
});
