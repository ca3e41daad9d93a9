import type { DriverCall, HaproxySettings } from '../../core/drivers.ts';
import { messageOf, ToolError } from '../../core/errors.ts';
import type { PoolCounters } from '../../core/pool.ts';
import { writeTextAtomic } from '../../system/files.ts';
import { askSocket } from '../../system/socket.ts';
import type { RouterChange } from '../router.ts';
import { frontOf } from './counters.ts';
import { readBackend, readMembers } from './members.ts';
import { parseInfo, parseServersState, parseStat } from './text.ts';

const defaultTimeoutMs = 10_000;

export interface HaproxyClient {
  /** As it appears in messages. */
  readonly address: string;
  readonly ask: (command: string, call?: DriverCall) => Promise<string>;
  /** Sends commands that change something; throws ToolError with HAProxy's answer where one is refused. */
  readonly change: (commands: readonly string[], call?: DriverCall) => Promise<void>;
  /** Writes the state file where there is one. */
  readonly saveState: (call?: DriverCall) => Promise<RouterChange>;
  readonly readBackend: (call?: DriverCall) => Promise<BackendReading>;
  /** One answer instead of three: what is read every second. A restart shows as counters that fell. */
  readonly readCounters: (call?: DriverCall) => Promise<PoolCounters>;
  readonly fail: (message: string, command: string, cause?: unknown) => ToolError;
}

export type BackendReading = ReturnType<typeof readBackend> &
  ReturnType<typeof frontOf> & { readonly countersSince?: string };

/** HAProxy's runtime API: one connection for each line of commands. */
export function createHaproxyClient(settings: HaproxySettings): HaproxyClient {
  const { socket, stateFile } = settings;
  const timeoutMs = settings.timeoutMs ?? defaultTimeoutMs;
  const address = typeof socket === 'string' ? socket : `${socket.host}:${socket.port}`;
  const fail: HaproxyClient['fail'] = (message, command, cause) =>
    new ToolError(message, { command: ['haproxy', address, command], exitCode: null }, { cause });

  const ask: HaproxyClient['ask'] = async (command, { signal } = {}) => {
    try {
      return await askSocket(socket, `${command}\n`, { timeoutMs, signal });
    } catch (error) {
      throw fail(`HAProxy at ${address} did not answer "${command}": ${messageOf(error)}`, command, error);
    }
  };
  const change: HaproxyClient['change'] = async (commands, call) => {
    if (commands.length === 0) return;
    const line = commands.join('; ');
    // HAProxy answers a change with silence, and anything else is a refusal.
    const refusals = new Set((await ask(line, call)).split('\n').filter((text) => text.trim() !== ''));
    const answer = [...refusals].join(' ');
    if (answer !== '') throw fail(`HAProxy at ${address} refused "${line}": ${answer}`, line);
  };
  const saveState: HaproxyClient['saveState'] = async (call) => {
    if (stateFile === undefined) return { problems: [] };
    try {
      await writeTextAtomic(stateFile, await ask('show servers state', call));
      return { problems: [] };
    } catch (error) {
      const problem = `The state file ${stateFile} could not be written, so a restart of HAProxy forgets the shares: ${messageOf(error)}`;
      return { problems: [problem] };
    }
  };
  const readNow: HaproxyClient['readBackend'] = async (call) => {
    const [state, stat, info] = await Promise.all([
      ask('show servers state', call),
      ask('show stat', call),
      ask('show info', call),
    ]);
    try {
      return readingOf({ state, stat, info }, settings);
    } catch (error) {
      throw fail(`HAProxy at ${address} gave an answer that cannot be read: ${messageOf(error)}`, 'show stat', error);
    }
  };
  const readCounters: HaproxyClient['readCounters'] = async (call) => {
    const stat = await ask('show stat', call);
    try {
      return countersIn(stat, settings);
    } catch (error) {
      throw fail(`HAProxy at ${address} gave an answer that cannot be read: ${messageOf(error)}`, 'show stat', error);
    }
  };
  return { address, readCounters, ask, change, saveState, readBackend: readNow, fail };
}

function countersIn(stat: string, settings: HaproxySettings): PoolCounters {
  const rows = parseStat(stat);
  const { members, problems } = readMembers(rows, settings);
  const { front, problems: others } = frontOf(rows, settings.backend, settings.frontends ?? []);
  return { members, ...(front ? { front } : {}), problems: [...problems, ...others] };
}

function readingOf(
  { state, stat, info }: { readonly state: string; readonly stat: string; readonly info: string },
  settings: HaproxySettings,
): BackendReading {
  const rows = parseStat(stat);
  const backend = readBackend(parseServersState(state), rows, settings);
  const { front, problems } = frontOf(rows, settings.backend, settings.frontends ?? []);
  const { Pid: pid, Start_time_sec: since } = parseInfo(info);
  return {
    ...backend,
    problems: [...backend.problems, ...problems],
    ...(front ? { front } : {}),
    ...(pid === undefined ? {} : { countersSince: `process ${pid}${since === undefined ? '' : `, ${since}`}` }),
  };
}
