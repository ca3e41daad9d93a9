import { buildApp } from './app.ts';
import { stopAbruptly, stopGracefully } from './lifecycle.ts';
import { recordImage } from './image.ts';
import { readSettings } from './settings.ts';

async function runInstance(): Promise<void> {
  const settings = readSettings(process.env);
  const { app, lifecycle } = await buildApp(settings);
  const address = await app.listen({ host: settings.host, port: settings.port });
  await recordImage(settings);
  process.stdout.write(`listening ${address}\n`);

  let stopped: Promise<void> | undefined;
  const stop = (): void => {
    stopped ??= (async () => {
      const finished = settings.defects.shutdownDrops
        ? await stopAbruptly(app)
        : await stopGracefully(app, lifecycle, settings.shutdownDelayMs);
      if (!finished) process.exitCode = 1;
    })();
  };
  process.on('SIGTERM', stop).on('SIGINT', stop);
}

await runInstance().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
