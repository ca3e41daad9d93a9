import type { DriverCall } from '../core/drivers.ts';
import { ToolError } from '../core/errors.ts';
import { canonicalJson, type FlagChange, type FlagSnapshot, type UnleashSettings } from '../core/flags.ts';
import type { Flags } from './flags.ts';
import { createUnleashClient, type Strategy, type UnleashClient, type UnleashFlag } from './unleash/client.ts';

/** A strategy without its id: one that was removed and is made again gets another. */
type Definition = Omit<Strategy, 'id' | 'featureName'>;

/**
 * The flags of one project in one environment of Unleash. A flag without a strategy that is off has no effect there and is no
 * part of a snapshot; so a flag that a release has created is undone in its own environment only.
 */
export function createUnleashFlags(settings: UnleashSettings, token: string | undefined): Flags {
  const client = createUnleashClient(settings, token);
  const snapshot = async (call?: DriverCall): Promise<FlagSnapshot> =>
    Object.fromEntries(
      (await client.read(call)).flatMap((flag) => {
        const text = definitionOf(flag);
        return text === undefined ? [] : [[flag.name, text] as const];
      }),
    );
  return {
    name: 'unleash',
    snapshot,
    restore: async (changes, call) => {
      const restored: string[] = [];
      for (const change of changes) {
        const flag = (await client.read(call)).find(({ name }) => name === change.name);
        if ((flag && definitionOf(flag)) !== change.from) continue;
        await restoreFlag(flag ?? (await revive(change.name, settings, client, call)), change, client, call);
        restored.push(change.name);
      }
      return restored;
    },
  };
}

function definitionOf({ enabled, strategies }: UnleashFlag): string | undefined {
  return !enabled && strategies.length === 0
    ? undefined
    : canonicalJson({ enabled, strategies: strategies.map(strategyOf) });
}

/**
 * Fields that Unleash adds in other versions are no part of it: they could not be written back. An update with the title null
 * keeps the title; an empty one removes it.
 */
const strategyOf = ({
  name,
  title,
  disabled,
  parameters,
  constraints,
  variants,
  segments,
}: Definition): Definition => ({
  name,
  title: title ?? '',
  disabled: disabled ?? false,
  parameters: parameters ?? {},
  constraints: constraints ?? [],
  variants: variants ?? [],
  segments: segments ?? [],
});

/** A flag that a release has archived comes back as it was, and off. */
async function revive(
  name: string,
  settings: UnleashSettings,
  client: UnleashClient,
  call?: DriverCall,
): Promise<UnleashFlag> {
  const path = `/api/admin/projects/${encodeURIComponent(settings.project)}/revive`;
  await client.send('POST', path, { features: [name] }, call);
  const flag = (await client.read(call)).find((each) => each.name === name);
  if (flag) return flag;
  throw new ToolError(`Unleash at ${settings.url} has no flag ${name} any more, not even in its archive.`, {
    command: [path],
    exitCode: null,
  });
}

/** Strategies are changed in their place; the flag is turned off before and on after the others, never in between. */
async function restoreFlag(flag: UnleashFlag, { to }: FlagChange, client: UnleashClient, call?: DriverCall) {
  const wanted =
    to === undefined
      ? { enabled: false, strategies: [] }
      : (JSON.parse(to) as { readonly enabled: boolean; readonly strategies: readonly Definition[] });
  const path = client.flagPath(flag.name);
  const send: UnleashClient['send'] = (method, at, json) => client.send(method, `${path}${at}`, json, call);
  if (flag.enabled && !wanted.enabled) await send('POST', '/off');
  for (const [index, strategy] of wanted.strategies.entries()) {
    const current = flag.strategies[index];
    if (!current) await send('POST', '/strategies', strategy);
    else if (canonicalJson(strategyOf(current)) !== canonicalJson(strategy))
      await send('PUT', `/strategies/${encodeURIComponent(current.id)}`, strategy);
  }
  for (const surplus of flag.strategies.slice(wanted.strategies.length))
    await send('DELETE', `/strategies/${encodeURIComponent(surplus.id)}`);
  if (!flag.enabled && wanted.enabled) await send('POST', '/on');
}
