import { z } from 'zod';
import { clusterOf, type Deployment, driversOf, storeOf } from '../config/target-file.ts';
import { defaultStoreFolder } from '../config/environment.ts';
import type { ClusterRight } from '../core/cluster.ts';
import { type ClusterUse, formatRule, rightsOf, rulesOf } from '../core/cluster-rights.ts';
import { messageOf, ToolError, UserError } from '../core/errors.ts';
import { type KubernetesClient, KubernetesError, openKubernetes } from '../system/kubernetes.ts';
import { type Finding, missing, present } from './finding.ts';
import type { Flow } from './flow.ts';

/** Whether the API server can be reached, and whether each right of the target's drivers is there. Changes nothing. */
export async function diagnoseCluster(file: string, deployment: Deployment, flow: Flow): Promise<Finding[]> {
  if (deployment.cluster === undefined) return [];
  const rights = rightsOf(useOf(file, deployment, flow));
  if (rights.length === 0) return [];
  try {
    const client = await openKubernetes(clusterOf(file, deployment.cluster)).connect();
    const absent = await missingRights(client, rights, flow.signal);
    const where = `namespace ${client.namespace} of ${client.server}`;
    if (absent.length === 0) return [present('cluster', `${rights.length} of ${rights.length} rights`, where)];
    return rulesOf(absent).map((rule) => {
      const { because } = absent.find(({ resource }) => rule.resources.includes(resource)) ?? {};
      const what = `${rule.resources.join()}${rule.resourceNames ? ` ${rule.resourceNames.join(', ')}` : ''}`;
      return missing('cluster', {
        found: `no right to ${rule.verbs.join(', ')} ${what}`,
        where: `${where}, for ${because ?? 'the target'}`,
        next: `add to the rules of the Role: ${formatRule(rule)}`,
      });
    });
  } catch (error) {
    return [missing('cluster', failureOf(error))];
  }
}

function useOf(file: string, deployment: Deployment, flow: Flow): ClusterUse {
  const store = storeOf(file, deployment, defaultStoreFolder(flow.environment, flow.reportsRoot));
  const common = { target: deployment.name, store, engine: deployment.load.engine };
  if (!deployment.router || !deployment.runtime) return common;
  const shipping = driversOf(file, deployment);
  return 'platform' in shipping ? common : { ...common, ...shipping };
}

const reviewSchema = z.object({ status: z.object({ allowed: z.boolean(), denied: z.boolean().optional() }) });

/** Asks for each; the API server's own answer, whatever grants the right. */
async function missingRights(
  { request, namespace }: KubernetesClient,
  rights: readonly ClusterRight[],
  signal: AbortSignal,
): Promise<ClusterRight[]> {
  const absent: ClusterRight[] = [];
  for (const right of rights) {
    const { verb, group, name } = right;
    const [resource = '', subresource] = right.resource.split('/');
    const more = { ...(subresource === undefined ? {} : { subresource }), ...(name === undefined ? {} : { name }) };
    const json = {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectAccessReview',
      spec: { resourceAttributes: { namespace, verb, group, resource, ...more } },
    };
    const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
    const answer = reviewSchema.safeParse(await request('POST', path, { json }, { signal }));
    if (!answer.success)
      throw new ToolError(`POST ${path}: an answer that is no review`, { command: [], exitCode: null });
    const { allowed, denied } = answer.data.status;
    if (!allowed || denied === true) absent.push(right);
  }
  return absent;
}

function failureOf(error: unknown): { found: string; where: string; next: string | undefined } {
  if (error instanceof UserError) return { found: 'no access', where: error.message, next: error.next[0] };
  if (!(error instanceof ToolError)) throw error;
  const where = messageOf(error);
  if (!(error instanceof KubernetesError))
    return { found: 'unreachable', where, next: 'kubectl cluster-info   with the same kubeconfig and context' };
  return error.status === 401
    ? {
        found: 'not authenticated',
        where,
        next: 'kubectl auth whoami   with the same kubeconfig: the token or certificate is not accepted',
      }
    : { found: 'unusable', where, next: 'kubectl auth can-i --list   with the same kubeconfig' };
}
