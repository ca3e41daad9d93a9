import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { UserError } from '../core/errors.ts';
import { createExclusive, hostName, replaceFile, startOfProcess } from '../system/exclusive-file.ts';
import { readText, removeFile } from '../system/files.ts';
import { isAlive } from '../system/process.ts';

const ownerSchema = z.object({
  token: z.string(),
  owner: z.string(),
  host: z.string(),
  pid: z.int(),
  processStart: z.string().exactOptional(),
  reason: z.string(),
  /** Milliseconds since the epoch. */
  since: z.number(),
  heartbeat: z.number(),
});
export type LockOwner = z.output<typeof ownerSchema>;

/** One command at a time may change a target. */
export interface TargetLock extends AsyncDisposable {
  /** Set if the lock was taken over from a dead owner. */
  readonly takenOverFrom?: { readonly owner: LockOwner; readonly because: string };
  /** Throws UserError if another command has taken over the lock: this one must not change anything more. */
  readonly hold: () => Promise<void>;
}

export interface LockOptions {
  readonly reportsRoot: string;
  readonly targetKey: string;
  readonly owner: string;
  readonly reason: string;
  readonly token: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

export const heartbeatMs = 5000;
/** An owner on another host without a heartbeat for so long is considered dead. */
const expiryMs = 60_000;
const takeoverPollMs = 50;

const lockPath = (reportsRoot: string, targetKey: string): string =>
  join(reportsRoot, '.targets', targetKey, 'lock.json');

/** The current owner of the lock, and why it is considered dead. */
export async function lockHolder(
  reportsRoot: string,
  targetKey: string,
  now: number,
): Promise<{ owner: LockOwner; dead: string | undefined } | undefined> {
  const owner = parseOwner(await readText(lockPath(reportsRoot, targetKey)));
  return owner && { owner, dead: await deadBecause(owner, now) };
}

/** The lock, or its current owner. */
export async function acquireLock(options: LockOptions): Promise<{ lock: TargetLock } | { heldBy: LockOwner }> {
  const { reportsRoot, targetKey, token, now } = options;
  const path = lockPath(reportsRoot, targetKey);
  const processStart = await startOfProcess(process.pid);
  const mine = (): LockOwner => ({
    token,
    owner: options.owner,
    host: hostName(),
    pid: process.pid,
    ...(processStart === undefined ? {} : { processStart }),
    reason: options.reason,
    since,
    heartbeat: now(),
  });
  const since = now();
  if (await createExclusive(path, JSON.stringify(mine()))) return { lock: keep(path, token, mine) };

  const held = await lockHolder(reportsRoot, targetKey, now());
  if (!held) return acquireLock(options);
  if (held.dead === undefined) return { heldBy: held.owner };
  return (await replaceDead(path, held.owner, mine()))
    ? { lock: keep(path, token, mine, { owner: held.owner, because: held.dead }) }
    : acquireLock(options);
}

/** A second lock serialises takeovers, so that of two commands that find the same dead owner one gets the lock. */
async function replaceDead(path: string, dead: LockOwner, mine: LockOwner): Promise<boolean> {
  const takeover = `${path}.takeover-${dead.token}`;
  if (!(await createExclusive(takeover, JSON.stringify(mine)))) {
    const other = parseOwner(await readText(takeover));
    // A command that died during its takeover must not block the others.
    if (other && (await deadBecause(other, mine.heartbeat)) !== undefined) await removeFile(takeover);
    await sleep(takeoverPollMs);
    return false;
  }
  const still = parseOwner(await readText(path))?.token === dead.token;
  if (still) await replaceFile(path, JSON.stringify(mine));
  await removeFile(takeover);
  return still;
}

function keep(
  path: string,
  token: string,
  mine: () => LockOwner,
  takenOverFrom?: TargetLock['takenOverFrom'],
): TargetLock {
  const isMine = async () => parseOwner(await readText(path))?.token === token;
  let lastBeat = Promise.resolve<unknown>(undefined);
  const beat = setInterval(() => {
    // A missed heartbeat is followed by the next one; a lost lock is noticed by hold() before the next change.
    lastBeat = isMine()
      .then((held) => (held ? replaceFile(path, JSON.stringify(mine())) : undefined))
      .catch(() => undefined);
  }, heartbeatMs).unref();
  return {
    ...(takenOverFrom ? { takenOverFrom } : {}),
    hold: async () => {
      if (await isMine()) return;
      throw new UserError('Another command has taken the lock of this target; nothing more was touched.', [
        'npm run status',
      ]);
    },
    [Symbol.asyncDispose]: async () => {
      clearInterval(beat);
      // A heartbeat in flight would recreate the lock.
      await lastBeat;
      if (await isMine()) await removeFile(path);
    },
  };
}

async function deadBecause(
  { host, pid, processStart, heartbeat }: LockOwner,
  now: number,
): Promise<string | undefined> {
  if (host === hostName()) {
    if (!isAlive(pid)) return `its process ${pid} is gone`;
    const start = await startOfProcess(pid);
    if (processStart !== undefined && start !== processStart)
      return `its process ${pid} is gone, and another process has its id`;
    return undefined;
  }
  return now - heartbeat > expiryMs
    ? `no heartbeat from ${host} for ${Math.round((now - heartbeat) / 1000)} s`
    : undefined;
}

function parseOwner(text: string | undefined): LockOwner | undefined {
  if (text === undefined) return undefined;
  try {
    return ownerSchema.parse(JSON.parse(text));
  } catch {
    // Written atomically, so it is not a torn write: the file was edited.
    throw new UserError('The lock of this target cannot be read.', [
      'check reports/.targets/*/lock.json, and remove it if no command is running',
    ]);
  }
}
