/** What keeps the system from running on this machine. `hint` says what to do about it. */
export class LocalError extends Error {
  override readonly name = "LocalError";
  readonly code: LocalErrorCode;
  readonly hint: string;

  constructor(code: LocalErrorCode, message: string, hint: string) {
    super(`${message}. ${hint}`);
    this.code = code;
    this.hint = hint;
  }
}

export type LocalErrorCode =
  | "NatsServerMissing" // no nats-server was found on this machine
  | "NatsServerBroken" // what was found is no nats-server, or cannot be started
  | "NatsPortTaken" // the port that was asked for is in use
  | "NatsStoreUnusable" // its store's folder cannot be written, or is held by another nats-server
  | "DiskFull" // there is no room for its store
  | "NatsServerFailed" // it ended or did not become ready for another reason
  | "ImpossibleClaim" // the groups claim more than there is
  | "InvalidClaim" // a claim that no machine could grant
  | "ProcessFailed" // a coordinator or replica ends again and again before it is up
  | "Closed"; // the system was closed meanwhile
