/** How the API server of a Kubernetes cluster is reached. */
export interface ClusterSettings {
  /** Absolute. Absent: KUBECONFIG, ~/.kube/config, or the service account of the pod, in this order. */
  readonly kubeconfig?: string;
  /** Of the kubeconfig; absent: its current one. */
  readonly context?: string;
  /** Of everything that the target file names. Absent: that of the context, or of the pod. */
  readonly namespace?: string;
  /** Limit of one request. Default 10 s. */
  readonly timeoutMs?: number;
}

/** One right that a driver needs, as the API server is asked for it. */
export interface ClusterRight {
  readonly verb: 'get' | 'list' | 'watch' | 'create' | 'patch' | 'delete';
  /** Empty: the core group. */
  readonly group: string;
  /** `pods`, `pods/proxy`. */
  readonly resource: string;
  /** Absent: of every object of the resource in the namespace. */
  readonly name?: string;
  /** The key of the target file that needs it. */
  readonly because: string;
}
