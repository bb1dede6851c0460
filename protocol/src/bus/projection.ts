/**
 * The operator's side of the revision bucket: it is a projection of what Kubernetes keeps, so it is brought to what it should be, key by key, and
 * only where it differs. Every write carries the sequence of what it was decided on (E8), which was read before the decision: whoever has decided
 * on what is old by now, or is not the leader any more, writes over nothing that is newer.
 */
import { controlKey, currentRevisionKey, groupMarkKey, REVISION_BUCKET, revisionKey, type Scope } from "../subjects.ts";
import { parseControl, type PipelineControl } from "../control.ts";
import { parseGroupMark, type GroupMark } from "../actors/group-mark.ts";
import { subjectOf } from "./buckets.ts";
import { appendToStream, JetStreamError, JS_CODE, lastMessageOf } from "./jetstream.ts";
import type { Bus } from "./port.ts";

const STREAM = `KV_${REVISION_BUCKET}`;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** What a bucket is to say of a pipeline. */
export interface Projection {
  /** The revision that new jobs get; null: none was ever accepted. */
  readonly current: IdentifiedRevision | null;
  readonly control: PipelineControl;
}

/** A revision, whatever is in it: what has the same id is the same. */
export interface IdentifiedRevision {
  readonly id: string;
}

/** What a key said, and the sequence that a write which is decided on it has to name; 0: nothing was ever written. */
export interface Seen<T> {
  readonly value: T;
  readonly sequence: number;
}

/** What it says. */
export interface Projected {
  readonly current: Seen<string | null>;
  readonly control: Seen<PipelineControl | null>;
}

/** Somebody else wrote the key since it was read: what was decided on it is to be decided anew. */
export class ProjectionConflictError extends Error {
  override readonly name = "ProjectionConflictError";
}

export async function readProjection(bus: Bus, scope: Scope): Promise<Projected> {
  const [current, control] = await Promise.all([
    readKey(bus, currentRevisionKey(scope)),
    readKey(bus, controlKey(scope)),
  ]);
  return {
    current: { ...current, value: typeof current.value === "string" ? current.value : null },
    control: {
      ...control,
      value: current.value === null || control.value === null ? null : parseControl(control.value),
    },
  };
}

/** Writes a revision where it is missing; what is there under its id is the same. @returns whether it was written */
export async function projectRevision(bus: Bus, scope: Scope, revision: IdentifiedRevision): Promise<boolean> {
  const key = revisionKey(scope, revision.id);
  const found = await readKey(bus, key);
  if (found.value !== null) return false;
  await writeKey(bus, key, revision, found.sequence);
  return true;
}

/**
 * Brings what applies to the pipeline to what it should be. The revision that becomes the current one is written first, and anew where it is
 * there already: a deletion that was decided on before, and arrives now, spares it ({@link deleteRevision}).
 * @param seen what was decided on
 * @returns whether anything was written
 * @throws {ProjectionConflictError} when somebody else wrote since; `control` may be written then
 */
export async function project(bus: Bus, scope: Scope, wanted: Projection, seen: Projected): Promise<boolean> {
  const isControlNew = await projectControl(bus, scope, wanted.control, seen);
  const { current } = wanted;
  if (current === null || current.id === seen.current.value) return isControlNew;
  const key = revisionKey(scope, current.id);
  await writeKey(bus, key, current, (await readKey(bus, key)).sequence);
  await writeKey(bus, currentRevisionKey(scope), current.id, seen.current.sequence);
  return true;
}

/** As {@link project}, and leaves alone which revision is the current one. */
export async function projectControl(
  bus: Bus,
  scope: Scope,
  control: PipelineControl,
  seen: Projected,
): Promise<boolean> {
  return projectKey(bus, controlKey(scope), control, seen.control);
}

/** What stands in the mark of a free-standing Group, whatever it is. */
export async function seenGroupMark(bus: Bus, scope: Scope): Promise<Seen<unknown>> {
  return readKey(bus, groupMarkKey(scope));
}

/**
 * Brings what is said of a free-standing Group to what it should be.
 * @returns whether anything was written
 * @throws {ProjectionConflictError} when somebody else wrote since it was seen
 */
export async function projectGroup(bus: Bus, scope: Scope, mark: GroupMark, seen: Seen<unknown>): Promise<boolean> {
  return projectKey(bus, groupMarkKey(scope), mark, seen);
}

/** @returns null when there is no such Group, or it is being deleted. @throws {EnvelopeError} when what stands there is no mark. */
export async function readGroupMark(bus: Bus, scope: Scope): Promise<GroupMark | null> {
  const { value } = await readKey(bus, groupMarkKey(scope));
  return value === null ? null : parseGroupMark(value);
}

/** Whether Kubernetes has a free-standing Group of that name, whichever uid it has. @throws when who asks may not know, or NATS does not answer. */
export async function hasGroup(bus: Bus, { namespace, pipeline }: Omit<Scope, "uid">): Promise<boolean> {
  return (await readKey(bus, groupMarkKey({ namespace, pipeline, uid: "*" }))).value !== null;
}

async function projectKey(bus: Bus, key: string, value: unknown, seen: Seen<unknown>): Promise<boolean> {
  if (JSON.stringify(seen.value) === JSON.stringify(value)) return false;
  await writeKey(bus, key, value, seen.sequence);
  return true;
}

async function readKey(bus: Bus, key: string): Promise<Seen<unknown>> {
  const message = await lastMessageOf(bus, STREAM, subjectOf(REVISION_BUCKET, key));
  if (message === null) return { sequence: 0, value: null };
  const value: unknown = message.data.byteLength === 0 ? null : JSON.parse(decoder.decode(message.data));
  return { sequence: message.sequence, value };
}

async function writeKey(bus: Bus, key: string, value: unknown, sequence: number): Promise<void> {
  const subject = subjectOf(REVISION_BUCKET, key);
  try {
    await appendToStream(bus, subject, encoder.encode(JSON.stringify(value)), { lastSubjectSequence: sequence });
  } catch (error) {
    if (!(error instanceof JetStreamError) || error.code !== JS_CODE.wrongLastSequence) throw error;
    throw new ProjectionConflictError(`${key} was written since it was read`, { cause: error });
  }
}
