/** What happens to the processes of a system, for those who watch it. */

export type LocalEvent =
  | { readonly type: "exited"; readonly process: string; readonly pid: number; readonly reason: string }
  | { readonly type: "restarted"; readonly process: string; readonly pid: number }
  /** It could not be started again; that is tried on and on. */
  | { readonly type: "restart-failed"; readonly process: string; readonly error: Error };

/** One process of the system. */
export interface LocalProcess {
  /** `nats`, `coordinator-0`, or the name of a replica. */
  readonly name: string;
  readonly role: "nats" | "coordinator" | "replica";
  /** Of a replica; null otherwise. */
  readonly group: string | null;
  /** Null while it is being started again. */
  readonly pid: number | null;
  readonly restarts: number;
}
