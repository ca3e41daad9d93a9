import { describe, expect, it } from 'vitest';
import type { HaproxySettings } from '../../../src/core/drivers.ts';
import { describeServers, takesWeights } from '../../../src/routers/haproxy/capabilities.ts';
import { shiftCommands } from '../../../src/routers/haproxy/commands.ts';
import { frontOf } from '../../../src/routers/haproxy/counters.ts';
import { readBackend, type Server } from '../../../src/routers/haproxy/members.ts';
import { parseInfo, parseServersState, parseStat, type Row } from '../../../src/routers/haproxy/text.ts';

const settings: HaproxySettings = {
  socket: '/admin.sock',
  backend: 'freetask',
  spare: ['blue-surge'],
  affinity: 'none',
};

/** As HAProxy 2.6.12 prints it, columns after the 14th left out. */
const stateColumns =
  '# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight srv_time_since_last_change srv_check_status srv_check_result srv_check_health srv_check_state';
const state = (...lines: string[]) => parseServersState(['1', stateColumns, ...lines, '', ''].join('\n'));
const statColumns =
  'pxname,svname,scur,econ,eresp,status,bck,hrsp_1xx,hrsp_2xx,hrsp_3xx,hrsp_4xx,hrsp_5xx,hrsp_other,srv_abrt,last_chk,check_rise,check_fall,algo';
const stat = (...lines: string[]) => parseStat([`# ${statColumns}`, ...lines, '', ''].join('\n'));

const checks = (rise: number, fall: number) => stat(`freetask,green-1,0,0,0,UP,0,0,0,0,0,0,0,0,,${rise},${fall},`);
const upOf = (line: string, rows: Row[] = checks(2, 2)) =>
  readBackend(state(line), rows, settings).servers.map(({ up }) => up);

describe('a server is up', () => {
  it.each([
    ['after a check that passed', '3 freetask 3 green-1 127.0.0.1 2 0 100 100 9 15 3 3 6', true],
    ['during the whole of its slow start', '3 freetask 3 green-1 127.0.0.1 1 4 100 100 3 15 3 3 6', true],
    [
      'not right after its maintenance, when only its last check passed',
      '3 freetask 3 green-1 127.0.0.1 2 0 100 100 0 15 3 2 6',
      false,
    ],
    ['not before its first check, slow start or not', '3 freetask 3 green-1 127.0.0.1 1 4 100 100 0 1 0 2 6', false],
    ['not when it is down', '3 freetask 3 green-1 127.0.0.1 0 0 100 100 3 15 3 1 6', false],
    ['not in maintenance', '3 freetask 3 green-1 127.0.0.1 0 1 100 100 3 15 3 0 14', false],
    ['where it has no health check at all', '3 freetask 3 green-1 127.0.0.1 2 0 100 100 3 1 0 2 0', true],
  ])('%s', (_, line, up) => {
    expect(upOf(line)).toEqual([up]);
  });

  it('with `fall 1` once it was checked, which a join has to bring about', () => {
    const [checked, unchecked] = ['15 3 2 6', '1 0 2 6'].map(
      (end) => `3 freetask 3 green-1 127.0.0.1 2 0 100 100 0 ${end}`,
    );
    expect(upOf(checked ?? '', checks(2, 1))).toEqual([true]);
    expect(upOf(unchecked ?? '', checks(2, 1))).toEqual([false]);
    expect(readBackend(state(checked ?? ''), checks(2, 1), settings).servers[0]?.fallsAtOnce).toBe(true);
  });
});

describe('which colour a server belongs to', () => {
  const lines = ['blue-1', 'green', 'canary-7', 'sorry'].map(
    (name, index) => `3 freetask ${index} ${name} 127.0.0.1 2 0 ${name === 'sorry' ? 0 : 100} 100 9 15 3 3 6`,
  );

  it('follows from its name, and a server with traffic that neither claims is refused by name', () => {
    const { servers, unclaimed } = readBackend(state(...lines), [], settings);
    expect(servers.map(({ name, colour }) => [name, colour])).toEqual([
      ['blue-1', 'blue'],
      ['green', 'green'],
    ]);
    expect(unclaimed).toEqual(['canary-7']);
    expect(describeServers({ servers, unclaimed }, settings, '/admin.sock')[0]).toContain('canary-7');
  });

  it('is a setting', () => {
    const named = { ...settings, servers: { blue: ['blue-1', 'green'], green: ['canary-*'] } };
    const { servers, unclaimed } = readBackend(state(...lines), [], named);
    expect(servers.map(({ colour }) => colour)).toEqual(['blue', 'blue', 'green']);
    expect(unclaimed).toEqual([]);
  });

  it('must not be both', () => {
    const both = { ...settings, servers: { blue: ['*-1', 'green'], green: ['blue-*', 'canary-*'] } };
    expect(readBackend(state(...lines), [], both).unclaimed).toEqual(['blue-1']);
  });

  it('a backup server has no share', () => {
    const rows = stat('freetask,canary-7,0,0,0,UP,1,0,0,0,0,0,0,0,,2,2,');
    expect(readBackend(state(...lines), rows, settings).unclaimed).toEqual([]);
  });
});

describe('counters', () => {
  const line = '3 freetask 3 green-1 127.0.0.1 2 0 100 100 9 15 3 3 6';
  const read = (row: string) => readBackend(state(line), stat(row), settings);

  it('answers that broke off count once, connections that failed do not', () => {
    const { servers } = read('freetask,green-1,4,9,3,UP,0,0,90,0,5,2,0,1,,2,2,');
    expect(servers[0]).toMatchObject({ served: { requests: 99, failed: 5 }, connectErrors: 9, inFlight: 4 });
  });

  it.each(['NaN', '-1', '1.5', '1e3', '99999999999999999999'])(
    '%s is no count: nothing is counted, and the problem names it',
    (value) => {
      const { servers, problems } = read(`freetask,green-1,0,0,0,UP,0,0,${value},0,0,0,0,0,,2,2,`);
      expect(servers[0]?.served).toBeUndefined();
      expect(problems).toEqual([`freetask/green-1: hrsp_2xx is "${value}", and not a count`]);
    },
  );

  it('answers 5xx that no server gave are the own ones of HAProxy', () => {
    const rows = stat(
      'freetask,FRONTEND,0,,,OPEN,,0,95,0,0,7,0,,,,,',
      'freetask,green-1,0,12,0,UP,0,0,45,0,0,2,0,0,,2,2,',
      'freetask,other,0,0,0,UP,0,0,50,0,0,1,0,0,,2,2,',
      'freetask,BACKEND,0,12,0,UP,,0,95,0,0,7,0,0,,,,roundrobin',
    );
    expect(frontOf(rows, 'freetask', [])).toEqual({ front: { requests: 102, failed: 4 }, problems: [] });
    expect(readBackend(state(line), rows, settings).algorithm).toBe('roundrobin');
  });

  it('answers that a frontend gave before any backend are counted where it is named', () => {
    const rows = stat(
      'public,FRONTEND,0,,,OPEN,,0,95,0,20,9,0,,,,,',
      'freetask,green-1,0,0,0,UP,0,0,95,0,0,2,0,0,,2,2,',
      'freetask,BACKEND,0,0,0,UP,,0,95,0,0,2,0,0,,,,roundrobin',
    );
    expect(frontOf(rows, 'freetask', ['public']).front).toEqual({ requests: 124, failed: 7 });
    expect(frontOf(rows, 'freetask', []).front).toEqual({ requests: 97, failed: 0 });
    expect(frontOf(rows, 'freetask', ['public', 'gone']).front).toBeUndefined();
  });

  it('are absent where HAProxy does not count answers', () => {
    expect(read('freetask,green-1,0,0,0,UP,0,,,,,,,0,,2,2,').servers[0]?.served).toBeUndefined();
  });
});

describe('text', () => {
  it('a quoted health text with commas and quotes does not shift the columns after it', () => {
    const [row] = stat('freetask,green-1,0,0,0,DOWN,0,0,0,0,0,0,0,0,"refused, at ""step 1""",2,3,');
    expect(row).toMatchObject({ last_chk: 'refused, at "step 1"', check_rise: '2', check_fall: '3' });
  });

  it('an answer that was cut off is an error', () => {
    expect(() => stat('freetask,green-1,0,0')).toThrow('4 of 18 columns');
    expect(() => state('3 freetask 3 green-1 127.0.0.1 2 0 1')).toThrow('8 of 14 columns');
    expect(() => parseStat(`# ${statColumns}\nfreetask,green-1,0,0,0,UP,0,0,0,0,0,0,0,0,,2,2,\n`)).toThrow('cut off');
  });

  it('a refusal is an error, and not a backend without servers', () => {
    expect(() => parseStat('Unknown command: show stat\n\n')).toThrow('Unknown command');
    expect(() => parseServersState("Can't find backend.\n\n")).toThrow("Can't find backend");
  });

  it('show info is read by name', () => {
    expect(parseInfo('Name: HAProxy\nPid: 4711\nUptime: 0d 0h00m03s\n\n')).toMatchObject({ Pid: '4711' });
  });
});

describe('the commands of a shift', () => {
  const server = (name: string, more: Partial<Server> = {}): Server => ({
    name,
    colour: name.startsWith('blue') ? 'blue' : 'green',
    weight: 100,
    configuredWeight: 100,
    state: 'ready',
    up: true,
    inFlight: 0,
    fallsAtOnce: false,
    ...more,
  });
  const shift = { backend: 'freetask', spare: ['blue-surge'], affinity: 'none', takesWeights: true } as const;

  it('what grows comes first', () => {
    const servers = [server('blue-1'), server('green-1', { weight: 0 })];
    expect(shiftCommands({ ...shift, servers, shares: { blue: 90, green: 10 } })).toEqual({
      grow: ['set weight freetask/green-1 10'],
      shrink: ['set weight freetask/blue-1 90'],
    });
  });

  it('drain and maintenance are undone where traffic goes, spare servers left as they are', () => {
    const servers = [
      server('blue-1', { state: 'out' }),
      server('blue-2', { state: 'drain' }),
      server('blue-surge', { state: 'out' }),
      server('green-1', { state: 'out', weight: 0 }),
    ];
    const { grow, shrink } = shiftCommands({ ...shift, servers, shares: { blue: 100, green: 0 } });
    expect([...grow, ...shrink].filter((command) => command.includes('state'))).toEqual([
      'set server freetask/blue-1 state ready',
      'set server freetask/blue-2 state ready',
    ]);
  });

  it('with cookies a colour without traffic is put into maintenance, last', () => {
    const servers = [server('blue-1'), server('green-1', { weight: 0, state: 'out' })];
    expect(shiftCommands({ ...shift, affinity: 'cookie', servers, shares: { blue: 0, green: 100 } })).toEqual({
      grow: ['set weight freetask/green-1 100', 'set server freetask/green-1 state ready'],
      shrink: ['set weight freetask/blue-1 0', 'set server freetask/blue-1 state maint'],
    });
  });

  it('a backend that may be static is switched by percent of the configured weights', () => {
    const servers = [server('blue-1', { configuredWeight: 7 }), server('green-1', { weight: 0, configuredWeight: 3 })];
    const unknown = { ...shift, takesWeights: takesWeights('source') };
    expect(shiftCommands({ ...unknown, servers, shares: { blue: 0, green: 100 } })).toEqual({
      grow: ['set weight freetask/green-1 100%'],
      shrink: ['set weight freetask/blue-1 0%'],
    });
    expect(shiftCommands({ ...unknown, servers, shares: { blue: 50, green: 50 } }).grow).toEqual([
      'set weight freetask/green-1 50',
    ]);
  });
});
