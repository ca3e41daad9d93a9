import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { WebSocket } from 'ws';
import { z } from 'zod';
import { messageColumns } from '../chat-rooms.ts';
import { Refusal } from '../envelope.ts';
import { text } from '../fields.ts';
import { findJob } from '../jobs.ts';
import { pageQuery, selectPage } from '../page.ts';
import type { Services } from '../services.ts';
import type { User } from '../tokens.ts';

const maxAttachmentBytes = 10 * 1024 * 1024;
/**
 * Well above what the largest attachment takes as base64 (14 MB): a body over this limit is cut off while it is still
 * being sent, and its sender may get a broken connection instead of the 413 for an attachment that is slightly too large.
 */
const bodyLimit = 24 * 1024 * 1024;

const message = text(2000);
const messageBody = z.object({ message, attachment: z.base64().optional() });
const frame = z.discriminatedUnion('type', [
  z.object({ type: z.literal('chat_message'), message }),
  z.object({ type: z.literal('typing') }),
]);

type ChatRequest = { Params: { jobId: string } };

export function addChatRoutes(app: FastifyInstance, services: Services): void {
  const { database, tokens } = services;
  const onRequest = [tokens.allow()];
  // After the body is read: a caller that is still uploading does not receive an earlier answer.
  const preValidation = (request: FastifyRequest<ChatRequest>) => requireAccess(request, services);

  app.get<ChatRequest>('/chat/:jobId/messages', { onRequest, preValidation }, async (request) => {
    const selection = {
      columns: messageColumns,
      from: 'chat_messages WHERE job_id = $1',
      values: [request.params.jobId],
      order: 'created_at, id',
    };
    return selectPage(database, selection, pageQuery.parse(request.query));
  });

  app.post<ChatRequest>('/chat/:jobId/messages', { onRequest, preValidation, bodyLimit }, async (request, reply) => {
    void reply.code(201);
    return post(request.params.jobId, request.user, messageBody.parse(request.body), services);
  });

  app.route<ChatRequest>({
    method: 'GET',
    url: '/chat/:jobId',
    onRequest,
    preValidation,
    handler: async () => {
      throw new Refusal(404, 'Chat is a WebSocket here');
    },
    wsHandler: (socket, request) => serveSocket(socket, request.params.jobId, request.user, services),
  });
}

async function requireAccess(
  { params, user }: FastifyRequest<ChatRequest>,
  { database, settings }: Services,
): Promise<void> {
  const { id, ownerId } = await findJob(database, params.jobId);
  if (settings.defects.chatOpen || user.role === 'admin' || user.id === ownerId) return;
  const bids = await database.query('SELECT 1 FROM bids WHERE job_id = $1 AND freelancer_id = $2 LIMIT 1', [
    id,
    user.id,
  ]);
  if (bids.rowCount === 0) throw new Refusal(403, 'Chat access denied');
}

async function post(jobId: string, user: User, body: z.infer<typeof messageBody>, { database, rooms }: Services) {
  const { rows } = await database.query<{ id: string; jobId: string }>(
    `INSERT INTO chat_messages (job_id, user_id, message, attachment) VALUES ($1, $2, $3, $4)
     RETURNING ${messageColumns}`,
    [jobId, user.id, body.message, body.attachment === undefined ? null : decodeAttachment(body.attachment)],
  );
  const [posted] = rows;
  if (!posted) throw new Error('The message was not stored');
  await rooms.publish({ type: 'chat_message', jobId: posted.jobId, messageId: posted.id });
  return posted;
}

function serveSocket(socket: WebSocket, requestedJob: string, user: User, services: Services): void {
  const { rooms } = services;
  // Rooms are named by the database's spelling of the id, whatever capitals the caller used.
  const jobId = requestedJob.toLowerCase();
  const leave = rooms.join(jobId, socket);
  socket.on('close', leave);
  socket.on('message', (data: Buffer) => {
    const received = frame.safeParse(parseJson(data.toString()));
    const handled = !received.success
      ? Promise.reject(new Refusal(422, 'Unknown frame'))
      : received.data.type === 'typing'
        ? rooms.publish({ type: 'typing', jobId, userId: user.id })
        : post(jobId, user, received.data, services);
    handled.catch((error: unknown) => {
      const reason = error instanceof Refusal ? error.message : 'Internal server error';
      socket.send(JSON.stringify({ type: 'error', payload: { message: reason } }));
    });
  });
}

function decodeAttachment(base64: string): Buffer {
  const attachment = Buffer.from(base64, 'base64');
  if (attachment.length > maxAttachmentBytes) throw new Refusal(413, 'Attachment is larger than 10 MB');
  return attachment;
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
