import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { prepareLock, type TargetLock } from '../../src/journal/lock.ts';
import type { ValueRecord, Versioned } from '../../src/journal/store.ts';

/** A store in memory that can be out of reach; tests/contract/stores.test.ts has the real ones. */
function storeInMemory() {
  let value: Versioned | undefined;
  let unreachable = false;
  const reach = () => {
    if (unreachable) throw new Error('connection refused');
  };
  const lock: ValueRecord = {
    read: async () => {
      reach();
      return value;
    },
    swap: async (expected, text) => {
      reach();
      if ((value?.version ?? 0) !== expected) return false;
      value = { version: expected + 1, text };
      return true;
    },
  };
  return {
    place: 'memory',
    lock,
    value: () => value,
    lose: () => (unreachable = true),
    find: () => (unreachable = false),
  };
}

let ms: number;
const clock = { now: () => 0, monotonic: () => ms };
beforeEach(() => {
  ms = 0;
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

async function acquire(store: ReturnType<typeof storeInMemory>): Promise<TargetLock> {
  const answer = await prepareLock({ store, owner: 'ada', reason: 'a test', token: 't', clock })();
  if (!('lock' in answer)) throw new Error('locked');
  return answer.lock;
}

it('a heartbeat writes a new version every few seconds', async () => {
  const store = storeInMemory();
  await using _ = await acquire(store);
  await vi.advanceTimersByTimeAsync(20_000);
  expect(store.value()?.version).toBeGreaterThanOrEqual(4);
});

it('a store that is out of reach for less than the lease stops nothing, and after it everything', async () => {
  const store = storeInMemory();
  const lock = await acquire(store);
  store.lose();
  ms = 44_000;
  await lock.hold();
  ms = 46_000;
  await expect(lock.hold()).rejects.toThrow('connection refused');
  store.find();
  await lock.hold();
  await lock[Symbol.asyncDispose]();
});

it('a command that lost the lock while the store was out of reach finds out with it', async () => {
  const store = storeInMemory();
  const lock = await acquire(store);
  store.lose();
  await lock.hold();
  store.find();
  await store.lock.swap(store.value()?.version ?? 0, '{}');
  await expect(lock.hold()).rejects.toThrow('Another command has taken the lock');
  await expect(lock.hold()).rejects.toThrow('Another command has taken the lock');
});

it('its release ends the heartbeat, also where the store is out of reach', async () => {
  const store = storeInMemory();
  const lock = await acquire(store);
  store.lose();
  await lock[Symbol.asyncDispose]();
  store.find();
  const before = store.value()?.version;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(store.value()?.version).toBe(before);
});
