import { askCommand, type CommandContext } from '../system/command.ts';

const timeoutMs = 10_000;

/** The commit of a tag in a working tree or a bare repository, or why it is not known. Nothing is fetched. */
export async function commitOfTag(
  folder: string,
  tag: string,
  { signal, ...context }: CommandContext & { readonly signal: AbortSignal },
): Promise<{ readonly sha: string } | { readonly problem: string }> {
  const command = ['git', '-C', folder, 'rev-parse', '--verify', '--quiet', `refs/tags/${tag}^{commit}`] as const;
  const { exitCode, stdout, stderr } = await askCommand([...command], { ...context, timeoutMs, signal });
  const sha = stdout.trim();
  if (exitCode === 0 && /^[0-9a-f]{40,64}$/.test(sha)) return { sha };
  const reason = stderr.trim().split('\n')[0] ?? '';
  return {
    problem:
      reason === ''
        ? `the repository ${folder} has no tag ${tag}: git tag '${tag}', or git fetch --tags`
        : `the tag ${tag} could not be read in ${folder}: ${reason}`,
  };
}
