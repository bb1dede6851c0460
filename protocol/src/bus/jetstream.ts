/**
 * The few JetStream requests that the project makes, over the port. Streams only: no consumer exists anywhere, so none can
 * leak, and nothing on the hot path waits for an acknowledgement of its own.
 */
import { Fields } from "../fields.ts";
import { STREAM_REPLICAS_ENV } from "../stream-replicas.ts";
import { NoRespondersError, type Bus, type BusMessage } from "./port.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const EMPTY = new Uint8Array(0);

/** An error that the JetStream API answered with; `code` is its `err_code`. */
export class JetStreamError extends Error {
  override readonly name = "JetStreamError";
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/** JetStream is switched off on this server or for this account. */
export class JetStreamOffError extends Error {
  override readonly name = "JetStreamOffError";
}

/** `err_code`s that the project tells apart. */
export const JS_CODE = {
  streamNotFound: 10059,
  messageNotFound: 10037,
  wrongLastSequence: 10071,
  streamNameInUse: 10058,
  storeFailed: 10077,
  insufficientStorage: 10047,
  memoryExceeded: 10028,
  jetStreamNotEnabled: 10076,
  jetStreamNotEnabledForAccount: 10039,
  replicasNotSupported: 10074,
} as const;

export interface StreamSettings {
  readonly name: string;
  readonly subjects: readonly string[];
  readonly maxBytes: number;
  /** Refuse new messages when full; the alternative drops the oldest. */
  readonly discard: "new" | "old";
  readonly maxMessagesPerSubject?: number;
  readonly maxAgeMs?: number;
  /** On how many servers it is kept. @default 1 */
  readonly replicas?: number;
}

export interface StreamState {
  readonly messages: number;
  readonly bytes: number;
  readonly firstSequence: number;
  readonly lastSequence: number;
  readonly maxBytes: number;
  /** On how many servers it is kept. */
  readonly replicas: number;
  /** When the stream was made, as the server says it: a new stream under an old name has another. */
  readonly created: string;
}

export interface StoredMessage {
  readonly sequence: number;
  readonly subject: string;
  readonly data: Uint8Array;
}

async function api(bus: Bus, verb: string, body: unknown, timeoutMs = 5_000): Promise<Fields> {
  let answer: BusMessage;
  try {
    answer = await bus.request(`$JS.API.${verb}`, body === undefined ? EMPTY : encoder.encode(JSON.stringify(body)), {
      timeoutMs,
    });
  } catch (error) {
    if (!(error instanceof NoRespondersError)) throw error;
    throw new JetStreamOffError(OFF, { cause: error });
  }
  return checked(answer.data);
}

function checked(data: Uint8Array): Fields {
  const fields = new Fields(JSON.parse(decoder.decode(data)), "answer");
  if (fields.has("error")) throw errorOf(fields.object("error"));
  return fields;
}

const OFF =
  "JetStream is off on this NATS server or account; start nats-server with -js, or enable it in its configuration";

function errorOf(error: Fields): JetStreamError | JetStreamOffError {
  const code = error.has("err_code") ? error.number("err_code") : error.number("code");
  if (code === JS_CODE.jetStreamNotEnabled || code === JS_CODE.jetStreamNotEnabledForAccount)
    return new JetStreamOffError(OFF);
  return new JetStreamError(code, error.has("description") ? error.string("description") : `JetStream error ${code}`);
}

/** Creates the stream, or leaves it as it is when it exists; but one that is kept on fewer servers than it should be comes to more. */
export async function ensureStream(bus: Bus, settings: StreamSettings): Promise<StreamState> {
  const existing = await streamState(bus, settings.name);
  if (existing !== null)
    return existing.replicas < (settings.replicas ?? 1) ? replicated(bus, existing, settings) : existing;
  return created(bus, settings, settings.replicas ?? 1);
}

async function created(bus: Bus, settings: StreamSettings, replicas: number): Promise<StreamState> {
  const answer = await api(bus, `STREAM.CREATE.${settings.name}`, {
    name: settings.name,
    subjects: settings.subjects,
    storage: "file",
    retention: "limits",
    discard: settings.discard,
    max_bytes: settings.maxBytes,
    max_msgs: -1,
    max_msgs_per_subject: settings.maxMessagesPerSubject ?? -1,
    max_age: (settings.maxAgeMs ?? 0) * 1_000_000,
    num_replicas: replicas,
    allow_direct: true,
    allow_rollup_hdrs: false,
    duplicate_window: 0,
  }).catch((error: unknown) => {
    throw replicas > 1 ? notReplicated(error, replicas) : error;
  });
  return stateOf(answer);
}

function notReplicated(error: unknown, replicas: number): unknown {
  if (!(error instanceof JetStreamError) || error.code !== JS_CODE.replicasNotSupported) return error;
  const what = `streams are to be kept on ${replicas} servers, and this NATS is no cluster (${error.message})`;
  return new JetStreamError(error.code, `${what}. Set ${STREAM_REPLICAS_ENV} (nats.jetstream.replicas) to 1.`);
}

/** It works as it is, where the servers cannot keep more of it now: then who looks after it tries again. */
async function replicated(
  bus: Bus,
  existing: StreamState,
  { name, replicas = 1 }: StreamSettings,
): Promise<StreamState> {
  try {
    return await updateStream(bus, name, { num_replicas: replicas });
  } catch (error) {
    if (!(error instanceof JetStreamError)) throw error;
    return existing;
  }
}

/** What the server says of the stream. @param ask what it is to say beside the state. @throws {JetStreamError} also when there is none. */
export async function streamInfo(bus: Bus, name: string, ask: Readonly<Record<string, unknown>>): Promise<Fields> {
  return api(bus, `STREAM.INFO.${name}`, ask);
}

/** Changes what the stream may hold, and nothing else of it. @throws {JetStreamError} when the server has no room to set aside. */
export async function resizeStream(bus: Bus, name: string, maxBytes: number): Promise<StreamState> {
  return updateStream(bus, name, { max_bytes: maxBytes });
}

async function updateStream(bus: Bus, name: string, change: Readonly<Record<string, number>>): Promise<StreamState> {
  const config = (await streamInfo(bus, name, {})).object("config").replaced<object>(change);
  return stateOf(await api(bus, `STREAM.UPDATE.${name}`, config));
}

/** The stream's state as its leader knows it, or null when there is no such stream. */
export async function streamState(bus: Bus, name: string): Promise<StreamState | null> {
  try {
    return stateOf(await api(bus, `STREAM.INFO.${name}`, undefined));
  } catch (error) {
    if (error instanceof JetStreamError && error.code === JS_CODE.streamNotFound) return null;
    throw error;
  }
}

/** On how many servers the stream is kept, or null when there is no such stream. */
export async function streamReplicas(bus: Bus, name: string): Promise<number | null> {
  return (await streamState(bus, name))?.replicas ?? null;
}

/** How many messages the stream holds under each of its subjects that match `filter`. */
export async function subjectsIn(bus: Bus, stream: string, filter: string): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  for (;;) {
    const answer = await api(bus, `STREAM.INFO.${stream}`, { subjects_filter: filter, offset: found.size }, 10_000);
    const page = answer.object("state");
    const before = found.size;
    if (page.has("subjects")) {
      const subjects = page.object("subjects");
      for (const subject of subjects.names) found.set(subject, subjects.number(subject));
    }
    if (found.size === before || !answer.has("total") || found.size >= answer.number("total")) return found;
  }
}

function stateOf(answer: Fields): StreamState {
  const state = answer.object("state");
  const config = answer.object("config");
  return {
    messages: state.number("messages"),
    bytes: state.number("bytes"),
    firstSequence: state.number("first_seq"),
    lastSequence: state.number("last_seq"),
    maxBytes: config.number("max_bytes"),
    replicas: config.number("num_replicas"),
    created: answer.string("created"),
  };
}

/** Names of all streams of the account. */
export async function listStreams(bus: Bus): Promise<string[]> {
  const names: string[] = [];
  for (;;) {
    const page = await api(bus, "STREAM.NAMES", { offset: names.length });
    const found = page.get("streams");
    const more = Array.isArray(found) ? found.filter((name) => typeof name === "string") : [];
    names.push(...more);
    if (more.length === 0 || names.length >= page.number("total")) return names;
  }
}

export async function deleteStream(bus: Bus, name: string): Promise<void> {
  try {
    await api(bus, `STREAM.DELETE.${name}`, undefined);
  } catch (error) {
    if (!(error instanceof JetStreamError && error.code === JS_CODE.streamNotFound)) throw error;
  }
}

/** Removes the messages of one subject (wildcards allowed), or those below `belowSequence`, or those that are both. */
export async function purgeStream(
  bus: Bus,
  name: string,
  what: { subject?: string; belowSequence?: number },
): Promise<void> {
  const filter = what.subject === undefined ? {} : { filter: what.subject };
  const seq = what.belowSequence === undefined ? {} : { seq: what.belowSequence };
  await api(bus, `STREAM.PURGE.${name}`, { ...filter, ...seq }, 10_000);
}

/** Appends one message. @returns its sequence. @throws {JetStreamError} when the server refuses it. */
export async function appendToStream(
  bus: Bus,
  subject: string,
  data: Uint8Array,
  options: {
    readonly expectedLastSequence?: number;
    readonly timeoutMs?: number;
    readonly lastSubjectSequence?: number;
  } = {},
): Promise<number> {
  const headers: Record<string, string> = {};
  if (options.expectedLastSequence !== undefined)
    headers["Nats-Expected-Last-Sequence"] = String(options.expectedLastSequence);
  if (options.lastSubjectSequence !== undefined)
    headers["Nats-Expected-Last-Subject-Sequence"] = String(options.lastSubjectSequence);
  const timeoutMs = options.timeoutMs ?? 5_000;
  const answer = await bus.request(
    subject,
    data,
    Object.keys(headers).length === 0 ? { timeoutMs } : { timeoutMs, headers },
  );
  return checked(answer.data).number("seq");
}

/** The message at `sequence` as the stream's leader has it, or null. */
export async function messageAt(bus: Bus, stream: string, sequence: number): Promise<StoredMessage | null> {
  return fromLeader(bus, stream, { seq: sequence });
}

/** The newest message of one subject as the stream's leader has it, or null. */
export async function lastMessageAtLeader(bus: Bus, stream: string, subject: string): Promise<StoredMessage | null> {
  return fromLeader(bus, stream, { last_by_subj: subject });
}

async function fromLeader(
  bus: Bus,
  stream: string,
  which: { readonly seq: number } | { readonly last_by_subj: string },
): Promise<StoredMessage | null> {
  try {
    const message = (await api(bus, `STREAM.MSG.GET.${stream}`, which)).object("message");
    const data = message.has("data") ? Buffer.from(message.string("data"), "base64") : EMPTY;
    return { sequence: message.number("seq"), subject: message.string("subject"), data };
  } catch (error) {
    if (error instanceof JetStreamError && error.code === JS_CODE.messageNotFound) return null;
    throw error;
  }
}

/** The newest message of one subject, by Direct Get, or null. The request names the subject, so that permissions can tell readers apart. */
export async function lastMessageOf(
  bus: Bus,
  stream: string,
  subject: string,
  timeoutMs = 5_000,
): Promise<StoredMessage | null> {
  const answer = await bus.request(`$JS.API.DIRECT.GET.${stream}.${subject}`, EMPTY, { timeoutMs });
  if (answer.status === 404) return null;
  return stored(answer);
}

/**
 * Messages from `from` on, in order, `batch` at most (Direct Get; nats-server 2.11 or later). Stops early at 32 MiB.
 * @returns what was there; empty when nothing is at or behind `from`.
 */
export async function readStream(bus: Bus, stream: string, from: number, batch: number): Promise<StoredMessage[]> {
  const messages: StoredMessage[] = [];
  const ask = { seq: from, batch, max_bytes: 32 * 1024 * 1024, next_by_subj: ">" };
  await bus.requestMany(
    `$JS.API.DIRECT.GET.${stream}`,
    encoder.encode(JSON.stringify(ask)),
    { timeoutMs: 10_000 },
    (answer) => {
      if (answer.status === 404 || answer.status === 204) return true;
      messages.push(stored(answer));
      return false;
    },
  );
  return messages;
}

function stored(answer: BusMessage): StoredMessage {
  if (answer.status >= 400) throw new JetStreamError(answer.status, `Direct Get answered ${answer.status}`);
  return {
    sequence: Number(answer.header("Nats-Sequence")),
    subject: answer.header("Nats-Subject"),
    data: answer.data,
  };
}
