/** What a program and the process that keeps its actors say to each other over IPC. */

/** Set by who starts a keeper. */
export const KEEPER_SETTINGS = "TROUPE_KEEPER";

export interface KeeperSettings {
  readonly namespace: string;
  readonly group: string;
  readonly uid: string;
  readonly cpus: number | null;
  readonly gpus: number | null;
  readonly natsServer: string | null;
  readonly natsPort: number | null;
  readonly storeDir: string | null;
  readonly logLevel: string;
  readonly spares: number;
  /** Lines go to the program over IPC, and not to the terminal. */
  readonly sendLines: boolean;
}

export type FromKeeper =
  | { readonly t: "ready"; readonly natsUrl: string; readonly sharedFolder: string }
  | { readonly t: "failed"; readonly name: string; readonly message: string }
  | { readonly t: "line"; readonly source: string; readonly line: string }
  | { readonly t: "processes"; readonly processes: Readonly<Record<string, number>> };

export type ToKeeper =
  { readonly t: "processes" } | { readonly t: "signal"; readonly process: string; readonly signal: NodeJS.Signals };
