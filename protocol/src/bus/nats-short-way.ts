/**
 * A shorter way between the socket and the library's own parser and buffer. The library puts async generators (compiled for old runtimes) and
 * promises between them, which cost a process that sleeps between two messages more than the message: about 25 µs of latency for one in and one
 * out. It offers no door for this, so the way leads through what is inside it; where that is not as it is in 2.29, messages take the library's way.
 * See docs/adr/0013.
 */

/** What is inside the library's connection. `transport` and `parser` are new with every dial. */
interface Inside {
  readonly transport: Transport;
  readonly parser: { parse(frame: Uint8Array): void };
  /** Buffers until the end of the present turn, or until the connection is there. */
  sendCommand(command: Uint8Array, ...rest: readonly Uint8Array[]): void;
  /** Ends the present connection, and dials anew. */
  disconnect(): void;
}

interface Transport {
  readonly socket: Socket | undefined;
  send(frame: Uint8Array): void;
}

interface Socket {
  on(event: "data", listener: (frame: Uint8Array) => void): unknown;
  removeAllListeners(event: "data"): unknown;
  write(frame: Uint8Array): unknown;
}

export class ShortWay {
  readonly #inside: Inside;
  #taken: Transport | undefined;

  private constructor(inside: Inside) {
    this.#inside = inside;
  }

  /** Undefined when the library is not what it was. */
  static of(connection: object): ShortWay | undefined {
    const inside: unknown = Reflect.get(connection, "protocol");
    return isInside(inside) ? new ShortWay(inside) : undefined;
  }

  /**
   * Takes it for the present connection to a server. Call it at the beginning of a turn of the event loop: then all that has come was parsed, and
   * nothing that comes can overtake it.
   */
  take(): void {
    const { transport } = this.#inside;
    const { socket } = transport;
    if (socket === undefined || transport === this.#taken) return;
    this.#taken = transport;
    socket.removeAllListeners("data");
    socket.on("data", (frame) => {
      this.#parse(frame);
    });
    transport.send = (frame) => {
      transport.socket?.write(frame); // an error ends the connection; nobody waits for this frame
    };
  }

  /** As the library's `publish`, for a command that is written already. */
  send([command, ...rest]: readonly Uint8Array[]): void {
    if (command !== undefined) this.#inside.sendCommand(command, ...rest);
  }

  /** The library would stop to read without a word. */
  #parse(frame: Uint8Array): void {
    try {
      this.#inside.parser.parse(frame);
    } catch {
      this.#inside.disconnect();
    }
  }
}

function isInside(value: unknown): value is Inside {
  return (
    isObject(value) &&
    isFunction(value, "sendCommand") &&
    isFunction(value, "disconnect") &&
    isObject(value["parser"]) &&
    isFunction(value["parser"], "parse") &&
    isObject(value["transport"]) &&
    isFunction(value["transport"], "send") &&
    isObject(value["transport"]["socket"]) &&
    isFunction(value["transport"]["socket"], "write") &&
    isFunction(value["transport"]["socket"], "removeAllListeners")
  );
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

function isFunction(holder: Readonly<Record<string, unknown>>, name: string): boolean {
  return typeof holder[name] === "function";
}
