import { isRolledByRuntime, otherColour, type RolloutPlan } from './plan.ts';
import { quote, type Settings, valueAt } from './recorded-settings.ts';

interface TypedCommand {
  readonly purpose: string;
  readonly command: string;
}

/** How users get the previous release by hand in Kubernetes, with the names of the target file; empty for other drivers. */
export function clusterCommands(plan: RolloutPlan, drivers: Settings): TypedCommand[] {
  if (isRolledByRuntime(plan)) return deploymentCommands(plan, drivers);
  if (plan.live === 'public') return [];
  const kubectl = kubectlFor('router', drivers);
  const to = `return all traffic to ${plan.live} by hand, once its pods are ready; while they are not, users would get errors only`;
  switch (valueAt(drivers, 'router.driver')) {
    case 'gateway-api': {
      const route = valueAt(drivers, 'router.route') ?? '';
      const backend = (colour: 'blue' | 'green') => valueAt(drivers, `router.backends.${colour}`) ?? colour;
      const weights = `weight 100 for ${backend(plan.live)}, 0 for ${backend(otherColour(plan.live))}`;
      return [{ purpose: `${to}: ${weights}`, command: `${kubectl} edit httproute ${quote(route)}` }];
    }
    case 'service-selector': {
      const service = valueAt(drivers, 'router.service') ?? '';
      const label = valueAt(drivers, 'router.selector.label');
      const value = valueAt(drivers, `router.selector.${plan.live}`);
      if (label === undefined || value === undefined) return [];
      const patch = JSON.stringify({ spec: { selector: { [label]: value } } });
      return [{ purpose: to, command: `${kubectl} patch service ${quote(service)} --type=merge -p ${quote(patch)}` }];
    }
    default:
      return [];
  }
}

/** Without a revision, \`undo\` of a Deployment that has the previous template again would return to the release that failed. */
function deploymentCommands(
  { live, previousRelease = 'the release before it' }: RolloutPlan,
  drivers: Settings,
): TypedCommand[] {
  const name = valueAt(drivers, `runtime.deployments.${live}`);
  if (name === undefined) return [];
  const kubectl = kubectlFor('runtime', drivers);
  const deployment = quote(`deployment/${name}`);
  return [
    {
      purpose: `see which revision is that of ${previousRelease}`,
      command: `${kubectl} rollout history ${deployment}`,
    },
    { purpose: 'continue the Deployment, where it is paused', command: `${kubectl} rollout resume ${deployment}` },
    {
      purpose: `return to ${previousRelease} by hand, with its revision`,
      command: `${kubectl} rollout undo ${deployment} --to-revision=REVISION`,
    },
  ];
}

function kubectlFor(driver: 'router' | 'runtime', drivers: Settings): string {
  const option = (name: string, key: string): string[] => {
    const value = valueAt(drivers, `${driver}.cluster.${key}`);
    return value === undefined ? [] : [name, quote(value)];
  };
  return [
    'kubectl',
    ...option('--kubeconfig', 'kubeconfig'),
    ...option('--context', 'context'),
    ...option('--namespace', 'namespace'),
  ].join(' ');
}
