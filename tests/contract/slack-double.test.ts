import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Recorder, startRecorder } from '../../sandbox/doubles/recorder.ts';

let recorder: Recorder;
beforeAll(async () => {
  recorder = await startRecorder();
});
afterAll(() => recorder.stop());

describe('the double of Slack refuses', () => {
  const ask = async (method: string, body: object) => {
    const headers = { authorization: 'Bearer xoxb', 'content-type': 'application/json' };
    const answer = await fetch(`${recorder.address}/slack/api/${method}`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ channel: 'C0SHIPROOM', text: 'x', ...body }),
    });
    return (await answer.json()) as { readonly ok: boolean; readonly error?: string; readonly ts?: string };
  };
  const section = (text: string) => ({ type: 'section', text: { type: 'plain_text', text } });
  it.each([
    ['a change of no message', 'chat.update', { ts: '1.1' }, 'message_not_found'],
    ['a reply to no message', 'chat.postMessage', { thread_ts: '1.1' }, 'thread_not_found'],
    ['a long section', 'chat.postMessage', { blocks: [section('x'.repeat(3001))] }, 'invalid_blocks'],
    ['51 blocks', 'chat.postMessage', { blocks: Array(51).fill(section('x')) }, 'invalid_blocks'],
    [
      'many long blocks',
      'chat.postMessage',
      { blocks: Array(8).fill(section('x'.repeat(2900))) },
      'msg_blocks_too_long',
    ],
    ['a long text', 'chat.postMessage', { text: 'x'.repeat(40_001) }, 'msg_too_long'],
  ])('%s', async (_, method, body, error) => expect(await ask(method, body)).toEqual({ ok: false, error }));

  it('a change in another channel', async () => {
    const { ts } = await ask('chat.postMessage', {});
    expect(ts).toBeDefined();
    expect(await ask('chat.update', { ts, channel: 'C0000000000' })).toMatchObject({ error: 'message_not_found' });
    expect(await ask('chat.update', { ts })).toMatchObject({ ok: true });
  });
});
