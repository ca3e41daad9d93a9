import type { KubernetesRuntimeSettings } from '../../core/drivers.ts';
import { findContainer, findPort } from './containers.ts';
import type { DeploymentState } from './deployment-state.ts';
import { byManager, isPausedByOther, managerOf } from './managers.ts';
import type { Container } from './objects.ts';
import { configuredRelease } from './open-side.ts';
import { annotationOf } from './release-of.ts';
import { surgeOf } from './sizes.ts';

/** Clause 2.R4: requests in flight are waited for up to 30 s. */
const longestGraceSeconds = 30;

type Strategy = 'blue-green' | 'rolling';

/** What keeps a Deployment from being replaced as clauses 2.R1 to 2.R4 ask, one sentence each. */
export function deploymentProblems(
  state: DeploymentState,
  strategy: Strategy,
  settings: KubernetesRuntimeSettings,
): readonly string[] {
  const { deployment } = state;
  const { name } = deployment.metadata;
  const found = findContainer(deployment.spec.template, settings);
  const problems =
    'problem' in found
      ? [found.problem]
      : [
          ...containerProblems(found.found.container, strategy, settings),
          ...templateProblems(state),
          ...(strategy === 'rolling' ? rollingProblems(state, settings) : []),
        ];
  return problems.map((problem) => `Deployment ${name}: ${problem}`);
}

function containerProblems(container: Container, strategy: Strategy, settings: KubernetesRuntimeSettings): string[] {
  const port = findPort(container, settings);
  const hasDrain = container.lifecycle?.preStop !== undefined && container.lifecycle.preStop !== null;
  return [
    ...('problem' in port ? [port.problem] : []),
    ...(container.readinessProbe === undefined
      ? [`container ${container.name} has no readinessProbe, so its pods join the pool before they are ready (2.R3)`]
      : []),
    // A colour is replaced while it has no traffic.
    ...(strategy === 'rolling' && !hasDrain
      ? [
          `container ${container.name} has no preStop hook, so a pod ends while requests are still sent to it; \`lifecycle: { preStop: { sleep: { seconds: 5 } } }\` drains it (2.R1, 2.R4)`,
        ]
      : []),
  ];
}

function templateProblems({ deployment }: DeploymentState): string[] {
  const { terminationGracePeriodSeconds: grace } = deployment.spec.template.spec;
  return [
    ...(grace > longestGraceSeconds
      ? [
          `terminationGracePeriodSeconds is ${grace}; requests in flight are waited for up to ${longestGraceSeconds} s (2.R4)`,
        ]
      : []),
    ...(isPausedByOther(deployment)
      ? [
          `it is paused ${byManager(managerOf(deployment, 'paused'))}: kubectl rollout resume deployment/${deployment.metadata.name}`,
        ]
      : []),
  ];
}

function rollingProblems(state: DeploymentState, settings: KubernetesRuntimeSettings): string[] {
  const { spec } = state.deployment;
  const { surge, unavailable } = surgeOf(state.deployment);
  if (spec.strategy.type === 'Recreate')
    return ['its strategy is Recreate, which ends all pods before the first new one starts (2.R2)'];
  return [
    ...(spec.replicas === 0 ? ['it is scaled to 0 replicas'] : []),
    ...(surge === 0 ? ['maxSurge is 0, and at least one healthy surge pod is required (2.R2)'] : []),
    ...(unavailable > 0
      ? [`maxUnavailable allows ${unavailable} of ${spec.replicas} pods to be missing; set it to 0 (2.R2)`]
      : []),
    ...(spec.revisionHistoryLimit === 0
      ? ['revisionHistoryLimit is 0, so nothing is kept that a rollback could restore (4.2.1)']
      : []),
    ...(configuredRelease(state, { settings }) === undefined
      ? [
          `its pods do not show which release they run, so a rollback could not find it; set the annotation ${annotationOf(settings)} of its template once (4.2.1)`,
        ]
      : []),
  ];
}
