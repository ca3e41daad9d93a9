/** Of every cluster alike: each has a network namespace of its own, which network.sh sets up. */
export const addresses = {
  /** Also from pods, and under the address that their service account is given. */
  apiServer: 'https://127.0.0.1:443',
  serviceNetwork: '10.96.0.0/16',
  podNetwork: '10.244.0.0/24',
  /** Pods and node. */
  clients: '10.0.0.0/8',
  /** The node, as pods reach what runs on it. */
  node: '10.99.0.1',
  /** What the HTTPRoutes of the gateway serve. */
  gateway: 'http://127.0.0.1:8000',
  /** What the Service `freetask` selects. */
  selected: 'http://127.0.0.1:8001',
  /** One colour alone, whatever the weights are. */
  blue: 'http://127.0.0.1:8002',
  green: 'http://127.0.0.1:8003',
  gatewayMetrics: 'http://127.0.0.1:8090/metrics',
} as const;
