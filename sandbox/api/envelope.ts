import { randomUUID } from 'node:crypto';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { ErrorReporter } from './error-reporter.ts';
import type { Settings } from './settings.ts';

/** A refusal that the contract defines. Any other error is a defect of the release, and a 500. */
export class Refusal extends Error {
  readonly statusCode: number;
  readonly details: unknown;

  constructor(statusCode: number, message: string, details?: unknown) {
    super(message);
    this.statusCode = statusCode;
    this.details = details;
  }
}

export const newRequestId = (): string => randomUUID();

export function releaseHeaders({ release, color }: Settings): Record<string, string> {
  return { 'x-app-release': release.name, 'x-app-color': color };
}

function successBody(data: unknown, requestId: string) {
  return { data, requestId };
}

export function failureBody(message: string, requestId: string, details?: unknown) {
  return { error: { message, ...(details === undefined ? {} : { details }) }, requestId };
}

/** Gives every answer its headers and its envelope; routes return plain data or throw a `Refusal`. */
export function addEnvelope(app: FastifyInstance, settings: Settings, reporter: ErrorReporter): void {
  const headers = releaseHeaders(settings);

  app.addHook('onRequest', async (request, reply) => {
    void reply.headers({ ...headers, 'x-request-id': request.id });
  });

  app.addHook('preSerialization', async (request, reply, payload) =>
    reply.statusCode < 400 ? successBody(payload, request.id) : payload,
  );

  app.setNotFoundHandler((request, reply) => {
    sendRefusal(request, reply, new Refusal(404, `No such route: ${request.method} ${request.url}`));
  });

  app.setErrorHandler((error: FastifyError, request, reply) => {
    const refusal = asRefusal(error);
    if (!refusal) reporter.report(error, request);
    sendRefusal(request, reply, refusal ?? new Refusal(500, 'Internal server error'));
  });
}

function sendRefusal(request: FastifyRequest, reply: FastifyReply, { statusCode, message, details }: Refusal): void {
  void reply.code(statusCode).send(failureBody(message, request.id, details));
}

function asRefusal(error: FastifyError): Refusal | undefined {
  if (error instanceof Refusal) return error;
  if (error instanceof z.ZodError) {
    const fields = error.issues.map(({ path, message }) => ({ field: path.join('.'), message }));
    return new Refusal(422, 'Validation failed', fields);
  }
  // Refusals of the framework itself: malformed JSON, a body too large, an unknown content type.
  if (error.statusCode !== undefined && error.statusCode < 500) return new Refusal(error.statusCode, error.message);
  return undefined;
}
