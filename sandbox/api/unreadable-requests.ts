import { STATUS_CODES } from 'node:http';
import type { FastifyServerOptions } from 'fastify';
import { failureBody, newRequestId, releaseHeaders } from './envelope.ts';
import type { Settings } from './settings.ts';

const statusByCode: Record<string, number> = { HPE_HEADER_OVERFLOW: 431, ERR_HTTP_REQUEST_TIMEOUT: 408 };

/** A request that is too malformed to reach a route or a hook still gets the envelope and the headers. */
export function unreadableRequests(
  settings: Settings,
): Required<Pick<FastifyServerOptions, 'clientErrorHandler' | 'frameworkErrors'>> {
  function compose(message: string) {
    const requestId = newRequestId();
    const body = JSON.stringify(failureBody(message, requestId));
    const headers = {
      ...releaseHeaders(settings),
      'x-request-id': requestId,
      'content-type': 'application/json; charset=utf-8',
      'content-length': Buffer.byteLength(body),
      connection: 'close',
    };
    return { headers, body };
  }

  return {
    frameworkErrors: (error, _request, reply) => {
      const { headers, body } = compose(error.message);
      reply.hijack();
      reply.raw.writeHead(error.statusCode ?? 400, headers).end(body);
    },
    clientErrorHandler: ({ code }, socket) => {
      if (!socket.writable) return;
      const status = statusByCode[code] ?? 400;
      const reason = STATUS_CODES[status] ?? '';
      const { headers, body } = compose(reason);
      const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
      socket.end(`HTTP/1.1 ${status} ${reason}\r\n${lines.join('')}\r\n${body}`);
    },
  };
}
