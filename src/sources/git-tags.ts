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

/** Why a folder is no repository whose tags can be read; undefined where it is one. */
export async function repositoryProblem(
  folder: string,
  { signal, ...context }: CommandContext & { readonly signal: AbortSignal },
): Promise<string | undefined> {
  const command = ['git', '-C', folder, 'tag', '--list'] as const;
  const { exitCode, stderr } = await askCommand([...command], { ...context, timeoutMs, signal });
  return exitCode === 0 ? undefined : stderr.trim().split('\n')[0] || `${folder} is no git repository`;
}
