import { type KubeObject, type Stored } from "./object.ts";

export interface EventFact {
  readonly type: "Normal" | "Warning";
  /** One word in CamelCase: `ScaledUp`. */
  readonly reason: string;
  /** What the program was doing: `Reconcile`. @default "Reconcile" */
  readonly action?: string | undefined;
  /** In words for people; cut off after 1024 characters. */
  readonly note: string;
}

/** Tells in `kubectl describe` and `kubectl get events` what happened to an object. Nobody waits for it, and it never throws. */
export interface EventRecorder extends AsyncDisposable {
  /** Equal facts about an object are one Event that counts. */
  record<T extends KubeObject>(regarding: Stored<T>, fact: EventFact): void;
}
