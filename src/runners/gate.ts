import { join } from 'node:path';
import type { GateEvidence, GateId, GateSettings } from '../core/gate.ts';
import { countFiles } from '../system/count-files.ts';
import { readText } from '../system/files.ts';
import { runTool } from '../system/process.ts';
import { formats } from './gates/index.ts';
import type { RunnerContext } from './runner.ts';
import { withPath } from './tool-path.ts';

/** Runs one gate's command in its folder and reads its report. Never throws for what the command did. */
export async function runGate(gate: GateId, settings: GateSettings, runner: RunnerContext): Promise<GateEvidence> {
  const { command, folder, path, format, timeoutMs } = settings;
  const { runFolder, toolEnv, signal, mask } = runner;
  const files = [`gates/${gate}.stdout.log`, `gates/${gate}.stderr.log`] as const;
  const base = { gate, format, files };
  const outcome = await runTool({
    tool: command[0],
    version: '',
    command,
    env: withPath(toolEnv, path),
    cwd: folder,
    stdoutPath: join(runFolder, files[0]),
    stderrPath: join(runFolder, files[1]),
    timeoutMs,
    signal,
    mask,
  });
  const { read, endings } = formats[format];
  const counted = endings.length === 0 ? 0 : await countFiles(folder, endings);
  // The outcome keeps the beginning of long output only, and a report ends with what decides.
  const [stdout, stderr] = await Promise.all(files.map((file) => readText(join(runFolder, file))));
  const output = { stdout: stdout ?? '', stderr: stderr ?? '', exitCode: outcome.exitCode, files: counted };
  const report = read(output);
  return 'problem' in report
    ? { ...base, outcome, problems: [report.problem] }
    : { ...base, outcome, problems: [], report };
}
