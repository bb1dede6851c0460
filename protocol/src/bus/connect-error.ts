/** NATS could not be reached. The message says where, why and what to do. */
export class ConnectError extends Error {
  override readonly name = "ConnectError";
}

export function describeConnectFailure(url: string, cause: unknown): string {
  const code = typeof cause === "object" && cause !== null && "code" in cause ? String(cause.code) : "";
  const text = cause instanceof Error ? cause.message : String(cause);
  switch (code) {
    case "CONNECTION_REFUSED":
    case "ECONNREFUSED":
      return `NATS does not answer at ${url}: nobody listens there. Start nats-server (with JetStream: -js), or correct the address.`;
    case "TIMEOUT":
      return `NATS does not answer at ${url} in time. Check the address, and that no firewall is in the way.`;
    case "AUTHORIZATION_VIOLATION":
    case "AUTHENTICATION_EXPIRED":
      return `NATS at ${url} refuses the credentials (${text}). Give the credentials file of a user that may connect.`;
    case "ENOENT":
    case "EACCES":
      return `The credentials for NATS at ${url} cannot be read: ${text}. Mount the credentials file, or correct its path.`;
    default:
      return `NATS at ${url} cannot be reached: ${text}`;
  }
}
