import {
  type DeploymentState,
  deploymentStates,
  type PlatformDeployment,
  type PlatformFields,
  type PlatformReading,
  type PlatformSettings,
} from '../core/platform.ts';
import type { Triggered } from './platform.ts';

type Problem = { readonly problem: string };
type Settings = Pick<PlatformSettings, 'fields' | 'states'>;

/** The deployments in what `read` printed, the newest first; what cannot be read is a problem, never a guess. */
export function readDeployments(text: string, { fields, states }: Settings): PlatformReading | Problem {
  const document = parse(text);
  if (document === undefined) return { problem: `no JSON: ${shorten(text)}` };
  const list = fieldOf(document, fields.deployments);
  if (!Array.isArray(list))
    return {
      problem: `no list ${fields.deployments === '' ? 'at the top' : `at ${fields.deployments}`}: ${shorten(text)}`,
    };
  const read: { deployment: PlatformDeployment; order: number }[] = [];
  for (const [index, each] of list.entries()) {
    const deployment = deploymentOf(each, { fields, states });
    if ('problem' in deployment) return { problem: `deployment ${index}: ${deployment.problem}` };
    const order = fields.createdAt === undefined ? -index : orderOf(fieldOf(each, fields.createdAt));
    if (order === undefined) return { problem: `deployment ${index}: no time or number at ${fields.createdAt}` };
    read.push({ deployment, order });
  }
  const deployments = read.toSorted((a, b) => b.order - a.order).map(({ deployment }) => deployment);
  return withLive(deployments, document, fields);
}

function withLive(
  deployments: readonly PlatformDeployment[],
  document: unknown,
  fields: PlatformFields,
): PlatformReading | Problem {
  if (fields.live === undefined) {
    const live = deployments.find(({ state }) => state === 'live');
    return live ? { deployments, live } : { deployments };
  }
  const id = textOf(fieldOf(document, fields.live));
  if (id === undefined) return { deployments };
  const live = deployments.find((each) => each.id === id);
  // Older than the list reaches back.
  return { deployments, live: live ?? { id, state: 'live' } };
}

function deploymentOf(value: unknown, { fields, states }: Settings): PlatformDeployment | Problem {
  const id = textOf(fieldOf(value, fields.id));
  if (id === undefined) return { problem: `no id at ${fields.id}` };
  const word = textOf(fieldOf(value, fields.state));
  if (word === undefined) return { problem: `no state at ${fields.state}` };
  const state = deploymentStates.find((each) => (states[each] ?? [each]).includes(word));
  if (state === undefined) return { problem: `the state ${JSON.stringify(word)} is none of ${wordsOf(states)}` };
  const release = textOf(fieldOf(value, fields.release));
  const reason = textOf(fieldOf(value, fields.reason));
  return { id, state, ...(release === undefined ? {} : { release }), ...(reason === undefined ? {} : { reason }) };
}

const wordsOf = (states: Settings['states']): string =>
  deploymentStates.flatMap((state: DeploymentState) => states[state] ?? [state]).join(', ');

/** The id in what `deploy` or `rollback` printed; absent where it printed none, and the deployment is then found in the list. */
export function readTriggered(text: string, { triggered }: Pick<PlatformFields, 'triggered'>): Triggered {
  const word = text.trim();
  const id = triggered === undefined ? wordOf(word) : textOf(fieldOf(parse(word), triggered));
  return id === undefined ? {} : { deployment: id };
}

const wordOf = (text: string): string | undefined => (/^[\w./:@-]+$/.test(text) ? text : undefined);

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** `spec.services.0.image`; an empty path is the value itself. */
function fieldOf(value: unknown, path: string): unknown {
  if (path === '') return value;
  let found = value;
  for (const key of path.split('.')) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, key)) return undefined;
    found = (found as Readonly<Record<string, unknown>>)[key];
  }
  return found;
}

/** A text, or a whole number as platforms give their versions. */
function textOf(value: unknown): string | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? String(value) : undefined;
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** Milliseconds of a time, or the number. */
function orderOf(value: unknown): number | undefined {
  const order = typeof value === 'number' ? value : typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isFinite(order) ? order : undefined;
}

const shorten = (text: string): string => text.trim().slice(0, 200) || 'nothing';
