import { messageOf } from '../core/errors.ts';
import type { ReleaseIdentity } from '../core/target.ts';
import { type CommandContext, demandCommand, fillCommand } from '../system/command.ts';
import { ask } from '../system/http.ts';

const timeoutMs = 5000;
const commandMs = 30_000;

/** One instance, asked which release it is. */
export interface AskedInstance {
  readonly name: string;
  /** Base address of the instance itself. */
  readonly address: string;
  readonly healthPath: string;
  /** What the runtime reports to run there: of an image the release that is built into it, and not the one asked for. */
  readonly runningRelease: string | undefined;
}

/** The release that the instance shows, by the evidence that the target file names; undefined and why where it shows none. */
export async function readIdentity(
  instance: AskedInstance,
  identity: ReleaseIdentity,
  { env, cwd, signal }: CommandContext & { readonly signal: AbortSignal },
): Promise<{ readonly release: string } | { readonly problem: string }> {
  switch (identity.from) {
    case 'header': {
      const answer = await ask({ url: instance.address + instance.healthPath, timeoutMs, signal });
      if (!answer.ok) return { problem: answer.error };
      return found(answer.header(identity.name.toLowerCase()), `no header ${identity.name}`);
    }
    case 'route': {
      const answer = await ask({ url: instance.address + identity.path, timeoutMs, signal });
      if (!answer.ok) return { problem: answer.error };
      return found(fieldOf(answer.text, identity.field), `no field ${identity.field} in ${identity.path}`);
    }
    case 'command': {
      const { name, address } = instance;
      const command = fillCommand(identity.command, { place: name, address });
      return demandCommand(command, { env, cwd, timeoutMs: commandMs, signal }).then(
        ({ stdout }) => found(stdout.trim(), `\`${command.join(' ')}\` printed nothing`),
        (error: unknown) => ({ problem: messageOf(error) }),
      );
    }
    case 'runtime':
      return found(
        instance.runningRelease,
        'the runtime reports no release, or an image without the label org.opencontainers.image.version',
      );
    case 'none':
      return { problem: `accepted by the target file: ${identity.because}` };
  }
}

const found = (release: string | undefined, problem: string): { release: string } | { problem: string } =>
  release === undefined || release === '' ? { problem } : { release };

/** `data.release` of a JSON text. */
function fieldOf(text: string, field: string): string | undefined {
  try {
    let value: unknown = JSON.parse(text);
    for (const key of field.split('.')) value = (value as Readonly<Record<string, unknown>> | null)?.[key];
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}
