import { z } from 'zod';
import { UserError } from '../core/errors.ts';
import { hostName, startOfProcess } from '../system/exclusive-file.ts';
import { machineId } from '../system/machine-id.ts';
import { isAlive } from '../system/process-identity.ts';

const ownerSchema = z.object({
  token: z.string(),
  owner: z.string(),
  host: z.string(),
  /** Tells two hosts, or two containers, of one name apart; absent where the system does not say. */
  machine: z.string().exactOptional(),
  pid: z.int(),
  processStart: z.string().exactOptional(),
  reason: z.string(),
  /** Milliseconds since the epoch by the owner's clock: shown, and never compared with another clock. */
  since: z.number(),
});

/** The command that holds the lock of a target. */
export type LockOwner = z.output<typeof ownerSchema>;

export async function describeSelf(self: Pick<LockOwner, 'token' | 'owner' | 'reason' | 'since'>): Promise<LockOwner> {
  const [machine, processStart] = await Promise.all([machineId(), startOfProcess(process.pid)]);
  return {
    ...self,
    host: hostName(),
    pid: process.pid,
    ...(machine === undefined ? {} : { machine }),
    ...(processStart === undefined ? {} : { processStart }),
  };
}

/** Whether the owner's process can be asked about on this machine, and if so why it is dead. */
export async function stateOfOwner(
  owner: LockOwner,
): Promise<{ readonly isHere: false } | { readonly isHere: true; readonly dead: string | undefined }> {
  const machine = await machineId();
  const isHere = owner.host === hostName() && (owner.machine === undefined || owner.machine === machine);
  if (!isHere) return { isHere };
  const { pid, processStart } = owner;
  if (!isAlive(pid)) return { isHere, dead: `its process ${pid} is gone` };
  const start = await startOfProcess(pid);
  if (processStart !== undefined && start !== processStart)
    return { isHere, dead: `its process ${pid} is gone, and another process has its id` };
  return { isHere, dead: undefined };
}

/** undefined for a released lock. Throws UserError for a text that no command has written. */
export function parseOwner(text: string, place: string): LockOwner | undefined {
  if (text === '') return undefined;
  try {
    return ownerSchema.parse(JSON.parse(text));
  } catch (error) {
    throw new UserError(
      `The lock of this target in ${place} cannot be read: it was edited, or written by another version.`,
      ['check that no command is running on any machine, then remove the lock from the store'],
      { cause: error },
    );
  }
}
