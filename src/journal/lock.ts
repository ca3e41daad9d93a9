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
  /** Set where the lock was taken from an owner that had died. */
  readonly takenOverFrom?: { readonly owner: LockOwner; readonly because: string };
  /** Throws UserError where somebody else has taken the lock meanwhile: from then on nothing may be touched. */
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
/** An owner on another machine that has not been heard of for so long is dead. */
const expiryMs = 60_000;
const turnMs = 50;

const lockPath = (reportsRoot: string, targetKey: string): string =>
  join(reportsRoot, '.targets', targetKey, 'lock.json');

/** Who has the lock at this moment, and whether he is dead. */
export async function lockHolder(
  reportsRoot: string,
  targetKey: string,
  now: number,
): Promise<{ owner: LockOwner; dead: string | undefined } | undefined> {
  const owner = parseOwner(await readText(lockPath(reportsRoot, targetKey)));
  return owner && { owner, dead: await whyDead(owner, now) };
}

/** The lock, or who has it. */
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

/** Two that find the same dead owner take turns on a second lock, and the later one finds a living owner. */
async function replaceDead(path: string, dead: LockOwner, mine: LockOwner): Promise<boolean> {
  const turn = `${path}.takeover-${dead.token}`;
  if (!(await createExclusive(turn, JSON.stringify(mine)))) {
    const other = parseOwner(await readText(turn));
    // Who took his turn and died in it must not keep everybody else out.
    if (other && (await whyDead(other, mine.heartbeat)) !== undefined) await removeFile(turn);
    await sleep(turnMs);
    return false;
  }
  const still = parseOwner(await readText(path))?.token === dead.token;
  if (still) await replaceFile(path, JSON.stringify(mine));
  await removeFile(turn);
  return still;
}

function keep(
  path: string,
  token: string,
  mine: () => LockOwner,
  takenOverFrom?: TargetLock['takenOverFrom'],
): TargetLock {
  const isMine = async () => parseOwner(await readText(path))?.token === token;
  let beating = Promise.resolve<unknown>(undefined);
  const beat = setInterval(() => {
    // A beat that is missed is made up for by the next; who lost the lock learns it before he touches anything.
    beating = isMine()
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
      // A beat on its way would put the lock back.
      await beating;
      if (await isMine()) await removeFile(path);
    },
  };
}

async function whyDead({ host, pid, processStart, heartbeat }: LockOwner, now: number): Promise<string | undefined> {
  if (host === hostName()) {
    if (!isAlive(pid)) return `its process ${pid} is gone`;
    const start = await startOfProcess(pid);
    if (processStart !== undefined && start !== processStart)
      return `its process ${pid} is gone, and another one has its number`;
    return undefined;
  }
  return now - heartbeat > expiryMs
    ? `nothing was heard of it on ${host} for ${Math.round((now - heartbeat) / 1000)} s`
    : undefined;
}

function parseOwner(text: string | undefined): LockOwner | undefined {
  if (text === undefined) return undefined;
  try {
    return ownerSchema.parse(JSON.parse(text));
  } catch {
    // Written in one move, so it is not half a lock; somebody has edited it.
    throw new UserError('The lock of this target cannot be read.', [
      'look at reports/.targets/*/lock.json, and remove it if nothing runs',
    ]);
  }
}
