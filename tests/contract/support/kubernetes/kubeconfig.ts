/** A kubeconfig of one server, with a token and the namespace of its only context. */
export const kubeconfigOf = (
  server: string,
  { token, namespace }: { readonly token: string; readonly namespace: string },
) => ({
  apiVersion: 'v1',
  kind: 'Config',
  clusters: [{ name: 'double', cluster: { server } }],
  users: [{ name: 'shiproom', user: { token } }],
  contexts: [{ name: 'double', context: { cluster: 'double', user: 'shiproom', namespace } }],
  'current-context': 'double',
});
