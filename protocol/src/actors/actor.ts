/** What an actor is, as it is ordered, journalled and reported. */

/**
 * Where the code of a class or function comes from. `digest` is the SHA-256 of its source text, to tell that both sides mean the same. A module's
 * `source` is there for replicas that may not have the file, when nothing else of the file is needed.
 */
export type CodeRef =
  | {
      readonly kind: "module";
      readonly url: string;
      readonly name: string;
      readonly digest: string;
      readonly source?: string;
    }
  | { readonly kind: "sdk"; readonly name: string }
  | { readonly kind: "source"; readonly source: string; readonly name: string };

/** Who created it, and with whose end it ends. */
export type ParentRef =
  | { readonly kind: "client"; readonly id: string }
  | { readonly kind: "actor"; readonly id: string; readonly incarnation: number };

export interface ActorClaim {
  readonly cpus: number;
  /** A fraction lies on one GPU; above 1, whole ones only. */
  readonly gpus: number;
}

/** All that is needed to make an actor, again and again. */
export interface ActorOrder {
  readonly id: string;
  readonly name: string | null;
  readonly className: string;
  readonly code: CodeRef;
  /** The encoded arguments of its constructor, base64. */
  readonly args: string;
  /** Shared objects among them, which have to be there whenever it begins: by the ids of their payloads. Absent: none. */
  readonly objects?: readonly string[];
  /** Those that lie on the machine of all its replicas: paths. Absent: none. */
  readonly files?: readonly string[];
  readonly parent: ParentRef;
  readonly detached: boolean;
  readonly claim: ActorClaim;
  /** Heap limit in MiB; null: Node's default. */
  readonly memoryMb: number | null;
  /** Calls that run at a time; null: 1, or 1,000 for a class with async methods. */
  readonly maxConcurrency: number | null;
  /** How often it is made anew after it died; -1: always. */
  readonly maxRestarts: number;
  /** How often a call that died with its actor is made again; -1: always. */
  readonly maxTaskRetries: number;
  /** Calls that may wait or run in its mailbox. */
  readonly maxPendingCalls: number;
}

/** Why an incarnation ended. `docs/errors.md` explains each. */
export type DeathCode =
  | "Killed" // somebody called kill()
  | "Exited" // its code ended its host: process.exit, an error that nobody caught
  | "OutOfMemory" // its host ran out of memory
  | "Crashed" // its process died of a signal, or of an error in native code
  | "HostLost" // its replica has fallen silent or is gone
  | "ConstructorFailed" // its code could not be loaded, or its constructor threw
  | "NoReplica" // it never began: its Group was scaled to no replica
  | "ParentEnded" // the actor that created it has ended
  | "ClientEnded"; // the program that created it has ended

export interface Death {
  readonly code: DeathCode;
  readonly message: string;
  readonly exitCode?: number;
  readonly signal?: string;
  readonly stack?: string;
}

/**
 * `pending`: waits for what it claims. `starting`: its constructor runs. `alive`. `restarting`: died, and waits to be made anew.
 * `dead`: for good.
 */
export type ActorStatus = "pending" | "starting" | "alive" | "restarting" | "dead";

/** What its agent knows of a living incarnation at the moment. */
export interface ActorFacts {
  /** Calls that wait. */
  readonly queued: number;
  readonly running: readonly { readonly method: string; readonly forMs: number }[];
  /** Calls that ended well, since the incarnation began. */
  readonly done: number;
  readonly failed: number;
  /** For how long its thread has not come to rest; 0: it has. */
  readonly blockedMs: number;
  readonly pid: number;
}

export interface ActorInfo {
  readonly id: string;
  readonly name: string | null;
  readonly className: string;
  readonly status: ActorStatus;
  /** 1 for the first life; 0 before it. */
  readonly incarnation: number;
  readonly replica: string | null;
  readonly parent: ParentRef;
  readonly detached: boolean;
  readonly restarts: number;
  readonly maxTaskRetries: number;
  readonly claim: ActorClaim;
  /** Of the last incarnation that ended. */
  readonly death: Death | null;
  /** What a pending actor waits for. */
  readonly waitsFor: string | null;
  readonly facts: ActorFacts | null;
}
