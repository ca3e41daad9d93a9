import { targetAt } from '../../contract/support/target-at.ts';
import { chmod, cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseLoadProfiles } from '../../../src/config/load-profiles.ts';
import { parseSlos } from '../../../src/config/slo-file.ts';
import { readTools } from '../../../src/config/tools.ts';
import type { LoadEvidence } from '../../../src/core/evidence.ts';
import { judgeLoad } from '../../../src/core/judge/load.ts';
import { planLoad, profilesFor } from '../../../src/core/load-plan.ts';
import type { ForeignScript } from '../../../src/core/target.ts';
import { runK6 } from '../../../src/runners/k6.ts';
import { type Spoil, startTinyFreeTask } from '../../../scripts/bench/tiny-freetask.ts';

/** Short loads of the real k6 on a small server. */

const projectRoot = resolve(import.meta.dirname, '../../..');

export interface LoadOptions {
  readonly url: string;
  readonly program?: string;
  readonly durationMs?: number;
  /** Decides the number of virtual users; the profiles' own by default. */
  readonly patienceMs?: number;
  readonly budgetMs?: number;
  readonly interruptAfterMs?: number;
  /** Project whose load scripts are run. */
  readonly root?: string;
  readonly expectedRelease?: string;
  /** A script of the target's own. */
  readonly script?: ForeignScript;
  readonly rate?: number;
  /** Folder of an earlier run. */
  readonly runFolder?: string;
  readonly toolEnv?: Readonly<Record<string, string>>;
}

export type Bench = Awaited<ReturnType<typeof openBench>>;

export async function openBench() {
  const folder = await mkdtemp(join(tmpdir(), 'k6-bench-'));
  const config = (name: string) => readFile(join(projectRoot, 'config', name), 'utf8');
  const slos = parseSlos('slo.yaml', await config('slo.yaml')).map((slo) => ({ ...slo, minSamples: 20 }));
  const profiles = parseLoadProfiles('load-profiles.yaml', await config('load-profiles.yaml'));
  const k6 = await findK6();

  async function load(options: LoadOptions): Promise<LoadEvidence & { runFolder: string }> {
    const { url, program = k6.path, durationMs = 1200, patienceMs = profiles.patienceMs, root = projectRoot } = options;
    const { budgetMs, interruptAfterMs, expectedRelease, script, rate = 120 } = options;
    const runFolder = options.runFolder ?? (await mkdtemp(join(folder, 'run-')));
    const sessionsFile = join(folder, 'sessions.json');
    await writeFile(sessionsFile, JSON.stringify({ client: session(), freelancer: session() }));
    const interrupter = new AbortController();
    if (interruptAfterMs !== undefined) setTimeout(() => interrupter.abort('SIGINT'), interruptAfterMs);
    const evidence = await runK6(
      {
        target: { ...targetAt(url), load: { profile: 'stage', ...(script ? { script } : {}) } },
        slos,
        plan: planLoad(profilesFor({ ...profiles, patienceMs }, script ? { script } : {}), {
          profile: 'stage',
          rate,
          durationMs,
        }),
        sessionsFile,
        k6: { path: program, version: '2.2.0' },
        ...(budgetMs === undefined ? {} : { budgetMs }),
        ...(expectedRelease === undefined ? {} : { expectedRelease }),
      },
      {
        runFolder,
        projectRoot: root,
        toolEnv: { PATH: process.env['PATH'] ?? '', ...options.toolEnv },
        signal: interrupter.signal,
        emit: () => undefined,
        mask: (text) => text,
      },
    );
    return { ...evidence, runFolder };
  }

  return {
    folder,
    k6Path: k6.path,
    load,
    loadTiny: async (spoil: Spoil, more: Partial<LoadOptions> = {}) => {
      await using tiny = await startTinyFreeTask(spoil);
      return await load({ url: tiny.url, ...more });
    },
    judge: (evidence: LoadEvidence) => Object.fromEntries(judgeLoad(evidence, slos).map((each) => [each.id, each])),
    statuses: (evidence: LoadEvidence) =>
      Object.fromEntries(judgeLoad(evidence, slos).map(({ id, status }) => [id, status])),
    /** An executable shell script. */
    writeProgram: async (text: string): Promise<string> => {
      const path = join(folder, `k6-${Math.random().toString(36).slice(2)}`);
      await writeFile(path, `#!/bin/sh\n${text}\n`);
      await chmod(path, 0o755);
      return path;
    },
    /** A copy of the load scripts in which `change` rewrites each file. */
    changedScripts: async (change: (path: string, text: string) => string): Promise<string> => {
      const root = await mkdtemp(join(folder, 'other-'));
      await cp(join(projectRoot, 'load'), join(root, 'load'), { recursive: true });
      for (const name of await readdir(join(root, 'load'), { recursive: true })) {
        const path = join(root, 'load', name);
        if (name.endsWith('.ts')) await writeFile(path, change(name, await readFile(path, 'utf8')));
      }
      return root;
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

async function findK6() {
  const { k6 } = await readTools(projectRoot, process.env['SHIPROOM_TOOLS_DIR']);
  if (!k6) throw new Error('k6 is not set up');
  return k6;
}

const session = () => ({
  email: 'client@example.com',
  accessToken: 'a-token-that-is-s3cret',
  refreshToken: 'a-refresh-token',
  expiresAt: Date.now() + 900_000,
});
