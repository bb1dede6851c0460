/** What the command's exit says. */
export const EXIT = {
  ok: 0,
  /** A job failed or was cancelled, or a file has problems. */
  failed: 1,
  /** The command was called wrongly, or its file is not valid. */
  usage: 2,
  /** NATS, the coordinator or a program that is needed could not be reached. */
  unreachable: 4,
  /** Ended by Ctrl-C. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
