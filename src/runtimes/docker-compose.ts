import type { DockerComposeSettings, DriverCall } from '../core/drivers.ts';
import { ToolError } from '../core/errors.ts';
import { type CommandContext, demandCommand } from '../system/command.ts';
import { createEngineClient, type EngineClient } from './docker-compose/client.ts';
import { composeCommands } from './docker-compose/commands.ts';
import type { Container } from './docker-compose/containers.ts';
import { describeEnding, placeNamed } from './places.ts';
import { defaultTimeoutMs, type Place, type Runtime } from './runtime.ts';

/**
 * One service of a compose file is one place. The release reaches the file as the variable APP_RELEASE (image tag,
 * environment). Containers are found by the labels that Compose gives them: its two generations name containers differently,
 * and only the newer one lists them as JSON. Tried with Docker 20.10 and docker-compose 1.29; the plugin `docker compose` was not.
 */
export function createDockerComposeRuntime(settings: DockerComposeSettings, context: CommandContext): Runtime {
  const { places, timeoutMs = defaultTimeoutMs } = settings;
  const commands = composeCommands(settings);
  const engine = createEngineClient(settings, context);
  let lastStart: Promise<unknown> = Promise.resolve();
  const containersOf = async (name: string, call?: DriverCall): Promise<Container[]> => {
    const { service } = placeNamed(places, name);
    return (await engine.containers(call)).filter((container) => container.service === service);
  };
  const currentOf = async (name: string, call?: DriverCall) => {
    const own = await containersOf(name, call);
    return own.find(({ running }) => running) ?? own[0];
  };

  return {
    name: 'docker-compose',
    read: (call) => readPlaces(places, engine, call),
    start: async (name, release, call) => {
      const { service } = placeNamed(places, name);
      const env = { ...context.env, APP_RELEASE: release };
      const up = () => demandCommand(commands.up(service), { ...context, ...call, env, timeoutMs });
      // Two at once each create the project's network, and docker-compose 1 refuses to work with two of one name.
      const started = lastStart.then(up, up);
      lastStart = started;
      await started;
    },
    stop: async (name, graceMs, call) => {
      const began = performance.now();
      const before = await currentOf(name, call);
      if (!before?.running) return { exitCode: before?.exitCode ?? null, killed: false, durationMs: 0 };
      const graceSeconds = Math.max(1, Math.ceil(graceMs / 1000));
      const stop = commands.stop(before.id, graceSeconds);
      await demandCommand(stop, { ...context, ...call, timeoutMs: graceMs + timeoutMs });
      const durationMs = performance.now() - began;
      const after = await containersOf(name, call);
      // Also another container of the service (`--scale`): the place is not empty then.
      if (after.some(({ running }) => running))
        throw new ToolError(`${name} still runs after \`${stop.join(' ')}\`.`, { command: stop, exitCode: 0 });
      const exitCode = after.find(({ id }) => id === before.id)?.exitCode ?? null;
      // 137 before the grace was over comes from the kernel (memory) or from the instance itself.
      return { exitCode, killed: exitCode === 137 && durationMs >= 1000 * graceSeconds, durationMs };
    },
    lastEnding: async (name, call) => {
      const last = await currentOf(name, call);
      if (!last || last.running) return undefined;
      // One that did not start may have written its reason to either stream.
      const { stdout, stderr } = await engine.logs(last.id, call);
      return describeEnding(last.exitCode, stderr || stdout);
    },
  };
}

async function readPlaces(
  places: DockerComposeSettings['places'],
  engine: EngineClient,
  call: DriverCall | undefined,
): Promise<Place[]> {
  const running = (await engine.containers(call)).filter((container) => container.running);
  const images = await engine.images(
    running.map(({ image }) => image.id),
    call,
  );
  return places.map(({ service, ...place }): Place => {
    const now = running.find((container) => container.service === service);
    if (!now) return { ...place, running: false };
    const image = { ...now.image, ...images.get(now.image.id) };
    return { ...place, running: true, image, ...(now.release === undefined ? {} : { release: now.release }) };
  });
}
