import { findTarget, type TargetQuestion } from '../config/target.ts';
import { messageOf, UserError } from '../core/errors.ts';
import type { OtpDelivery, Target } from '../core/target.ts';
import { ask } from '../system/http.ts';
import { chooseTarget } from './choose-target.ts';
import type { Flow } from './flow.ts';

/** One thing that a verb needs: there or not, and how to get it. Never the value of a credential. */
export interface Finding {
  readonly group: 'tool' | 'target';
  readonly name: string;
  readonly ok: boolean;
  readonly found: string;
  readonly where: string;
  readonly next?: string;
}

/** Looks at every tool and, for the chosen target, at its addresses and credentials. Changes nothing. */
export async function examine(question: TargetQuestion, tools: readonly Finding[], flow: Flow): Promise<Finding[]> {
  const { cwd, variables } = flow.environment;
  try {
    const found = await findTarget(question, { projectRoot: flow.projectRoot, cwd, variables });
    if (found.kind === 'embedded') {
      const about = { group: 'target', name: found.name, ok: true } as const;
      return [...tools, { ...about, found: 'embedded', where: `started on demand: ${found.embedded.start.join(' ')}` }];
    }
    const target =
      found.kind === 'url' ? found.target : await chooseTarget(found.file, found.deployment, question, flow);
    return [...tools, ...(await examineTarget(target))];
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const next = error.next[0];
    const finding = {
      group: 'target',
      name: question.target ?? 'target',
      ok: false,
      found: 'unusable',
      where: messageOf(error),
    } as const;
    return [...tools, { ...finding, ...(next === undefined ? {} : { next }) }];
  }
}

async function examineTarget({ environment, paths, otp }: Target): Promise<Finding[]> {
  const addresses = [
    ['api', environment.api + paths.health],
    ...(environment.web === undefined ? [] : [['web', environment.web]]),
    ...environment.metrics.map((url) => ['metrics', url]),
  ] as [string, string][];
  const reached = addresses.map(async ([name, url]): Promise<Finding> => {
    const answer = await ask({ url, timeoutMs: 5000 });
    const ok = answer.ok && answer.status < 400;
    const found = answer.ok ? `status ${answer.status}` : answer.error;
    return {
      group: 'target',
      name: `${environment.name} ${name}`,
      ok,
      found,
      where: url,
      ...(ok ? {} : { next: `curl -i ${url}` }),
    };
  });
  return [...(await Promise.all(reached)), credential(otp)];
}

/** That a code is at hand is told; the code is not. */
function credential(otp: OtpDelivery): Finding {
  const about = { group: 'target', name: 'one-time password', ok: true } as const;
  if (otp.from === 'response') return { ...about, found: 'none needed', where: 'the login tells it' };
  if (otp.from === 'fixed') return { ...about, found: 'present', where: 'a fixed test code in the target file' };
  return { ...about, found: 'command', where: otp.command[0] };
}
