import { UserError } from '../errors.ts';
import type { RolloutSettings } from './settings.ts';

/** An instance as the runtime knows it. */
export interface RollingInstance {
  readonly name: string;
  readonly zone?: string;
  /** A place that is empty between two rollouts. */
  readonly surge: boolean;
}

/** The instances that are replaced together, batch by batch. Throws UserError where there are none. */
export function batchesOf(members: readonly RollingInstance[], { by, batch }: RolloutSettings['rolling']): string[][] {
  if (members.length === 0)
    throw new UserError('The live colour has no regular instance to replace.', ['npm run status']);
  if (by === 'zone') {
    const zones = [...new Set(members.map(({ zone }) => zone ?? ''))];
    return zones.map((zone) => members.filter((each) => (each.zone ?? '') === zone).map(({ name }) => name));
  }
  return Array.from({ length: Math.ceil(members.length / batch) }, (_, index) =>
    members.slice(index * batch, (index + 1) * batch).map(({ name }) => name),
  );
}

/** The surge places that a rolling update uses. Throws UserError where they do not allow a batch of that size. */
export function surgePlaces(
  instances: readonly RollingInstance[],
  { maxSurge, maxUnavailable }: RolloutSettings['rolling'],
  largest: number,
): string[] {
  const places = instances.filter(({ surge }) => surge).map(({ name }) => name);
  if (places.length === 0)
    throw new UserError('The target has no surge place, and clause 2.R2 requires at least one.', [
      'add `surge: true` to a place of its runtime',
    ]);
  const surge = Math.min(places.length, maxSurge);
  if (largest > surge + maxUnavailable) {
    throw new UserError(
      `A batch of ${largest} is larger than ${surge} surge instances and maxUnavailable ${maxUnavailable} allow.`,
      ['a smaller rolling.batch, more surge places, or a larger maxSurge or maxUnavailable'],
    );
  }
  return places.slice(0, maxSurge);
}
