import { isAbsolute, join, resolve } from 'node:path';
import { UserError } from '../core/errors.ts';
import { releaseNameProblem } from '../core/release-name.ts';
import type { Target } from '../core/target.ts';
import { listFiles, readText } from '../system/files.ts';
import { readNamedFile } from './read-file.ts';
import { type Deployment, type EmbeddedTarget, parseTargetFile } from './target-file.ts';
import { readServiceFile } from './service-file.ts';
import { givenFlags, targetOfUrl, type UrlFlags } from './url-flags.ts';

export interface TargetOptions extends UrlFlags {
  /** A name in config/targets/, or a path. */
  readonly target?: string | undefined;
  readonly env?: string | undefined;
  /** Any address instead of a target file. */
  readonly url?: string | undefined;
  readonly release?: string | undefined;
}

export interface ConfigPlaces {
  readonly projectRoot: string;
  readonly cwd: string;
  readonly variables: Readonly<Record<string, string | undefined>>;
}

/** A target by its address or its file, or one that has to be started first. */
export type FoundTarget =
  | { readonly kind: 'url'; readonly target: Target; readonly secrets: readonly string[] }
  | { readonly kind: 'deployed'; readonly file: string; readonly deployment: Deployment }
  | {
      readonly kind: 'embedded';
      readonly embedded: EmbeddedTarget['embedded'];
      readonly name: string;
      readonly secrets: readonly string[];
    };

/** The target that the command line names. Throws UserError for one that does not exist and for flags that contradict each other. */
export async function findTarget(options: TargetOptions, places: ConfigPlaces): Promise<FoundTarget> {
  requireReleaseName(options.release);
  const defaults = await readServiceFile(places.projectRoot);
  if (options.url !== undefined) {
    if (options.target === undefined && options.env === undefined)
      return targetOfUrl(options.url, options, places, defaults);
    throw new UserError('--url stands alone: it replaces --target and --env', ['leave out --target and --env']);
  }
  const [flag] = givenFlags(options);
  if (flag !== undefined)
    throw new UserError(`${flag} goes with --url; a target file has its own`, ['leave it out, or add --url']);
  const name = options.target ?? (await defaultTarget(places));
  refuseExample(name);
  const file = targetPath(name, places);
  const text = await readNamedFile(file);
  if (text === undefined) throw await unknownTarget(name, places);
  const parsed = parseTargetFile(file, text, places.variables, defaults);
  if ('embedded' in parsed)
    return { kind: 'embedded', embedded: parsed.embedded, name: parsed.name, secrets: parsed.secrets };
  return { kind: 'deployed', file, deployment: parsed };
}

function requireReleaseName(release: string | undefined): void {
  const problem = release === undefined ? undefined : releaseNameProblem(release);
  if (problem === undefined) return;
  throw new UserError(`--release ${JSON.stringify(release)} is not a release name: ${problem}`, [
    '--release app@1.5.0',
  ]);
}

/** Reads the file that a running embedded target has written; undefined if there is none. */
export async function readWrittenTarget(
  file: string,
  projectRoot: string,
): Promise<{ file: string; deployment: Deployment; pid: number } | undefined> {
  const text = await readText(file);
  if (text === undefined) return undefined;
  const parsed = parseTargetFile(file, text, {}, await readServiceFile(projectRoot));
  if ('embedded' in parsed || parsed.pid === undefined)
    throw new UserError(`${file}: not written by a running target`, [`rm ${file}`]);
  return { file, deployment: parsed, pid: parsed.pid };
}

/** The target file that says `default: true`. Throws UserError where none or more than one does. */
async function defaultTarget({ projectRoot }: ConfigPlaces): Promise<string> {
  const folder = join(projectRoot, 'config/targets');
  const names = await targetFiles(folder);
  const texts = await Promise.all(names.map((file) => readText(join(folder, file))));
  const marked = names.filter((_, index) => /^default:\s*true\b/m.test(texts[index] ?? ''));
  const [only] = marked;
  if (only !== undefined && marked.length === 1) return only.replace(/\.yaml$/, '');
  throw new UserError(
    marked.length === 0
      ? `No file in ${folder} says default: true.`
      : `${marked.join(' and ')} both say default: true.`,
    names.map((file) => `--target ${file.replace(/\.yaml$/, '')}`),
  );
}

/** Files such as production.example.yaml are to be copied, and are no targets. */
const targetFiles = async (folder: string): Promise<string[]> =>
  (await listFiles(folder)).filter((file) => file.endsWith('.yaml') && !isExample(file));

const isExample = (name: string): boolean => /\.example(\.yaml)?$/.test(name);

function refuseExample(target: string): void {
  if (!isExample(target)) return;
  const file = `config/targets/${target.replace(/^.*[\\/]/, '').replace(/\.yaml$/, '')}.yaml`;
  throw new UserError(`${target} is an example, and no target.`, [
    `cp ${file} config/targets/mine.yaml   then change its addresses, and --target mine`,
  ]);
}

function targetPath(target: string, places: ConfigPlaces): string {
  if (/[\\/]|\.(ya?ml|json)$/.test(target)) return isAbsolute(target) ? target : resolve(places.cwd, target);
  return join(places.projectRoot, 'config/targets', `${target}.yaml`);
}

async function unknownTarget(target: string, places: ConfigPlaces): Promise<UserError> {
  const known = (await targetFiles(join(places.projectRoot, 'config/targets'))).map((file) =>
    file.replace(/\.yaml$/, ''),
  );
  return new UserError(`There is no target "${target}".`, [
    ...known.map((name) => `--target ${name}`),
    '--target path/to/file.yaml',
    '--url http://…',
  ]);
}
