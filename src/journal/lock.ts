import { UserError } from '../core/errors.ts';
import type { Clock } from '../system/clock.ts';
import { describeSelf, type LockOwner, parseOwner, stateOfOwner } from './lock-owner.ts';
import type { TargetStore, Versioned } from './store.ts';

export type { LockOwner } from './lock-owner.ts';

/** Held by the one command that may change a target. */
export interface TargetLock extends AsyncDisposable {
  /** Set if the lock was taken over from a dead owner. */
  readonly takenOverFrom?: { readonly owner: LockOwner; readonly because: string };
  /** Throws UserError if another command has taken over the lock: this one must not change anything more. */
  readonly hold: () => Promise<void>;
}

export interface LockRequest {
  readonly store: Pick<TargetStore, 'lock' | 'place'>;
  readonly owner: string;
  readonly reason: string;
  readonly token: string;
  readonly clock: Pick<Clock, 'now' | 'monotonic'>;
}

/** `isAlive` is undefined until an owner on another machine has written a heartbeat, or none for `expiryMs`. */
export type LockAnswer =
  | { readonly lock: TargetLock }
  | { readonly heldBy: LockOwner; readonly isAlive: true | undefined };

const heartbeatMs = 5000;
/** An owner on another machine whose heartbeat has not changed for so long, by our own monotonic clock, is dead. */
const expiryMs = 60_000;
/** Before the end of a lease that could not be renewed nothing is changed any more. */
const leaseMs = 45_000;

/**
 * One attempt per call. Attempts share what they observed, because the death of an owner on another machine shows only in a
 * heartbeat that does not change: no clock is compared with another one.
 */
export function prepareLock(request: LockRequest): () => Promise<LockAnswer> {
  const { store, clock } = request;
  let observed: { readonly version: number; readonly atMs: number; readonly changed: boolean } | undefined;
  const since = clock.now();
  return async () => {
    const self = await describeSelf({ ...request, since });
    for (;;) {
      const current = await store.lock.read();
      const owner = current && parseOwner(current.text, store.place);
      if (!owner) {
        const lock = await take(current, self, request);
        if (lock) return { lock };
        continue;
      }
      const version = current?.version ?? 0;
      if (observed?.version !== version)
        observed = { version, atMs: clock.monotonic(), changed: observed !== undefined };
      const state = await stateOfOwner(owner);
      const silentMs = clock.monotonic() - observed.atMs;
      const because = state.isHere
        ? state.dead
        : silentMs >= expiryMs
          ? `its heartbeat from ${owner.host} has not changed for ${Math.round(silentMs / 1000)} s`
          : undefined;
      if (because === undefined) return { heldBy: owner, isAlive: state.isHere || observed.changed ? true : undefined };
      const lock = await take(current, self, request, { owner, because });
      if (lock) return { lock };
      observed = undefined;
    }
  };
}

/** The current owner of the lock, and why it is dead; of an owner on another machine that is not known at a glance. */
export async function lockHolder({
  lock,
  place,
}: Pick<TargetStore, 'lock' | 'place'>): Promise<{ owner: LockOwner; dead: string | undefined } | undefined> {
  const current = await lock.read();
  const owner = current && parseOwner(current.text, place);
  if (!owner) return undefined;
  const state = await stateOfOwner(owner);
  return { owner, dead: state.isHere ? state.dead : undefined };
}

/** undefined if another command was faster. */
async function take(
  current: Versioned | undefined,
  self: LockOwner,
  { store, clock }: LockRequest,
  takenOverFrom?: TargetLock['takenOverFrom'],
): Promise<TargetLock | undefined> {
  const text = JSON.stringify(self);
  const before = current?.version ?? 0;
  if (!(await store.lock.swap(before, text))) return undefined;
  return keep({ store, clock, text, version: before + 1 }, takenOverFrom);
}

/** Renews the lock until its scope ends. */
function keep(
  held: {
    readonly store: LockRequest['store'];
    readonly clock: LockRequest['clock'];
    readonly text: string;
    readonly version: number;
  },
  takenOverFrom: TargetLock['takenOverFrom'],
): TargetLock {
  const { store, clock, text } = held;
  let { version } = held;
  let confirmedAtMs = clock.monotonic();
  let last: Promise<boolean> = Promise.resolve(true);
  /** False if the lock is another command's; throws if the store cannot be reached. */
  const renew = async (next: string): Promise<boolean> => {
    // Removed from the store by an operator, the lock is written again: no other process has it.
    const base = (await store.lock.read())?.version ?? 0;
    const startedAtMs = clock.monotonic();
    if (base !== version && base !== 0) return false;
    if (!(await store.lock.swap(base, next))) return false;
    version = base + 1;
    confirmedAtMs = startedAtMs;
    return true;
  };
  const renewAfter = async (previous: Promise<boolean>, next: string): Promise<boolean> => {
    // A store that was out of reach says nothing about who has the lock.
    if (!(await previous.catch(() => true))) return false;
    return renew(next);
  };
  const beat = (next = text): Promise<boolean> => {
    last = renewAfter(last, next);
    return last;
  };
  const timer = setInterval(() => void beat().catch(() => undefined), heartbeatMs).unref();
  return {
    ...(takenOverFrom ? { takenOverFrom } : {}),
    hold: async () => {
      const isHeld = await beat().catch((error: unknown) => {
        // Nobody else takes the lock over before its heartbeat was silent for `expiryMs`.
        if (clock.monotonic() - confirmedAtMs < leaseMs) return true;
        throw error;
      });
      if (isHeld) return;
      throw new UserError('Another command has taken the lock of this target; nothing more was touched.', [
        'npm run status',
      ]);
    },
    [Symbol.asyncDispose]: async () => {
      clearInterval(timer);
      // A lock that cannot be released expires, and its owner is known to be dead on this machine.
      await beat('').catch(() => false);
    },
  };
}
