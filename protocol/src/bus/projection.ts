/**
 * The operator's side of the revision bucket: it is a projection of what Kubernetes keeps, so it is brought to what it should be, key by key, and
 * only where it differs. Every write carries the sequence that was read (E8): who is not the leader any more overwrites nothing that is newer.
 */
import { controlKey, currentRevisionKey, groupMarkKey, REVISION_BUCKET, revisionKey, type Scope } from "../subjects.ts";
import { parseControl, type PipelineControl } from "../control.ts";
import { parseGroupMark, type GroupMark } from "../actors/group-mark.ts";
import { subjectOf } from "./buckets.ts";
import { appendToStream, lastMessageOf } from "./jetstream.ts";
import type { Bus } from "./port.ts";

const STREAM = `KV_${REVISION_BUCKET}`;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** What a bucket is to say of a pipeline. */
export interface Projection {
  /** The id of the revision that new jobs get; null: none was ever accepted. */
  readonly current: string | null;
  readonly control: PipelineControl;
}

/** What it says. */
export interface Projected {
  readonly current: string | null;
  readonly control: PipelineControl | null;
}

export async function readProjection(bus: Bus, scope: Scope): Promise<Projected> {
  const [current, control] = await Promise.all([
    readKey(bus, currentRevisionKey(scope)),
    readKey(bus, controlKey(scope)),
  ]);
  return {
    current: typeof current.value === "string" ? current.value : null,
    control: current.value === null || control.value === null ? null : parseControl(control.value),
  };
}

/** Writes a revision where it is missing; what is there under its id is the same. @returns whether it was written */
export async function projectRevision(bus: Bus, scope: Scope, revision: { readonly id: string }): Promise<boolean> {
  const key = revisionKey(scope, revision.id);
  const found = await readKey(bus, key);
  if (found.value !== null) return false;
  await writeKey(bus, key, revision, found.sequence);
  return true;
}

/**
 * Brings what applies to the pipeline to what it should be. The revision that becomes the current one has to be there already.
 * @returns whether anything was written
 */
export async function project(bus: Bus, scope: Scope, { current, control }: Projection): Promise<boolean> {
  const isControlNew = await projectKey(bus, controlKey(scope), control);
  if (current === null) return isControlNew;
  return (await projectKey(bus, currentRevisionKey(scope), current)) || isControlNew;
}

/** Brings what is said of a free-standing Group to what it should be. @returns whether anything was written */
export async function projectGroup(bus: Bus, scope: Scope, mark: GroupMark): Promise<boolean> {
  return projectKey(bus, groupMarkKey(scope), mark);
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

async function projectKey(bus: Bus, key: string, value: unknown): Promise<boolean> {
  const found = await readKey(bus, key);
  if (JSON.stringify(found.value) === JSON.stringify(value)) return false;
  await writeKey(bus, key, value, found.sequence);
  return true;
}

async function readKey(bus: Bus, key: string): Promise<{ readonly sequence: number; readonly value: unknown }> {
  const message = await lastMessageOf(bus, STREAM, subjectOf(REVISION_BUCKET, key));
  if (message === null) return { sequence: 0, value: null };
  const value: unknown = message.data.byteLength === 0 ? null : JSON.parse(decoder.decode(message.data));
  return { sequence: message.sequence, value };
}

async function writeKey(bus: Bus, key: string, value: unknown, sequence: number): Promise<void> {
  await appendToStream(bus, subjectOf(REVISION_BUCKET, key), encoder.encode(JSON.stringify(value)), {
    lastSubjectSequence: sequence,
  });
}
