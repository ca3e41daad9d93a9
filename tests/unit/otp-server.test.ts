import { expect, it } from 'vitest';
import { openOtpServer } from '../../src/runners/newman-child/otp-server.ts';

const input = {
  commandEnv: { PATH: process.env['PATH'] ?? '' },
  emails: { client: 'c@example.com', freelancer: 'f@example.com' },
};
const mailbox = ['sh', '-c', 'echo "for $0: 123456"', '{email}'] as const;
const ask = async (address: string, email: string) => fetch(`${address}?email=${encodeURIComponent(email)}`);

it('one-time passwords are fetched for the users of the target file, whatever a collection asks for', async () => {
  const learned: string[] = [];
  await using server = await openOtpServer(mailbox, input, (code) => learned.push(code));
  const answer = await ask(server.address, 'c@example.com');
  expect([answer.status, await answer.text()]).toEqual([200, '123456']);
  expect(server.problems).toEqual([]);
  for (const email of ['admin@example.com', '--all', 'c@example.com; id', 'C@example.com']) {
    const refusal = await ask(server.address, email);
    expect([refusal.status, await refusal.text()]).toEqual([403, '']);
  }
  expect(learned).toEqual(['123456']);
  expect(server.problems[0]).toBe(
    'the collection asked for a one-time password of admin@example.com, who is not in `users` of the target file',
  );
});
