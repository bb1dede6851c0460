/** What the installation decides, for all groups alike. Resolved once (`config.ts`). */
export interface Installation {
  /** Image of the agent and the TypeScript host; pods of groups without an image of their own run it. */
  readonly runtimeImage: string;
  readonly imagePullPolicy: string | null;
  /** Secrets by which group pods pull their images; names in the namespace of the pod. */
  readonly imagePullSecrets: readonly string[];
  /** Where pods reach NATS. */
  readonly natsUrl: string;
  /** Certificates (PEM) of the authority that NATS's are of; null: a widely known one, or none. */
  readonly natsCa: string | null;
  /** The extended resource that a whole GPU is counted in, unless a group says otherwise. */
  readonly gpuResource: string;
  /** How a fraction of a GPU is realised; null: not at all. */
  readonly gpuSlices: GpuSlices | null;
  /** How long a draining replica waits for what runs, unless the group's template gives it longer, in seconds. */
  readonly drainSeconds: number;
  readonly logLevel: string;
}

/** A shared device resource, of which one GPU has `slices`. A claim of exactly `1/slices` is one of them. */
export interface GpuSlices {
  readonly resource: string;
  readonly slices: number;
}
