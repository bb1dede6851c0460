import {
  appendToStream,
  BlobStore,
  connectBus,
  ensureBuckets,
  ensureStream,
  groupSubjectsOf,
  inboxOf,
  lastMessageOf,
  publishRevision,
  purgeStream,
  readRevision,
  streamsOf,
  streamState,
  subjectsOf,
  type Bus,
  type Scope,
} from "@troupe/protocol";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import {
  clientPermissions,
  COORDINATOR_PERMISSIONS,
  freeGroupPermissions,
  groupCredentialsOf,
  groupPermissions,
  OPERATOR_PERMISSIONS,
} from "../../operator/src/credentials/index.ts";
import { eventually } from "../support/eventually.ts";
import { SecureNats } from "../support/secure-nats.ts";

const SCOPE: Scope = { namespace: "team", pipeline: "film", uid: "u1" };
const OTHER: Scope = { namespace: "team", pipeline: "other", uid: "u2" };
const text = (value: string): Uint8Array => new TextEncoder().encode(value);

/** What `listener` hears of what `speaker` publishes on the subject; a message that is allowed closes the wait, so nothing is guessed from silence. */
async function hears(listener: Bus, subject: string, speaker: Bus, spoken = subject): Promise<string[]> {
  const heard: string[] = [];
  const subscription = listener.subscribe(subject, (message) => heard.push(Buffer.from(message.data).toString()));
  await listener.flush();
  speaker.publish(spoken, text("x"));
  // Behind a round trip of both, whatever was let through has come.
  await speaker.flush();
  await listener.flush();
  subscription.unsubscribe();
  return heard;
}

async function withStreams(nats: SecureNats): Promise<Bus> {
  const owner = await nats.connect("coordinator", COORDINATOR_PERMISSIONS);
  await ensureBuckets(owner);
  for (const scope of [SCOPE, OTHER]) {
    await publishRevision(owner, scope, { id: "r1" });
    const subjects = [subjectsOf(scope).allBlobs];
    await ensureStream(owner, { name: streamsOf(scope).blobs, subjects, maxBytes: 1 << 22, discard: "new" });
    const journal = { name: streamsOf(scope).journal, subjects: [subjectsOf(scope).journal] };
    await ensureStream(owner, { ...journal, maxBytes: 1 << 22, discard: "new" });
  }
  return owner;
}

async function refused(t: ExecutionContext, what: string, action: Promise<unknown>): Promise<void> {
  await t.throwsAsync(action, undefined, what);
}

test("nobody connects without credentials, nor with those of another NATS", async (t) => {
  await using nats = await SecureNats.start();
  await using elsewhere = await SecureNats.start();
  await t.throwsAsync(connectBus({ url: nats.url, name: "nobody" }));
  const creds = await elsewhere.credentials("forger", COORDINATOR_PERMISSIONS);
  await t.throwsAsync(connectBus({ url: nats.url, name: "forger", creds }));
});

test("a file without an end of its last line will do, and what groups share is given to them as it stands", async (t) => {
  await using nats = await SecureNats.start();
  const path = await nats.credentials("everybody", COORDINATOR_PERMISSIONS);
  const whole = await readFile(path, "utf8");
  const folder = await mkdtemp(join(tmpdir(), "troupe-test-"));
  t.teardown(async () => rm(folder, { recursive: true }));
  for (const content of [whole, whole.trim()]) {
    await writeFile(join(folder, "user.creds"), content);
    t.deepEqual(groupCredentialsOf(folder), { kind: "shared", creds: content });
    await using bus = await connectBus({ url: nats.url, name: "group", creds: join(folder, "user.creds") });
    t.deepEqual(await hears(bus, "troupe.x", bus), ["x"]);
  }
});

test("a group that is made after NATS started does all that a group does", async (t) => {
  await using nats = await SecureNats.start();
  await using owner = await withStreams(nats);
  const subjects = subjectsOf(SCOPE);
  await using agent = await nats.connect("g1", groupPermissions(SCOPE, "g1"), inboxOf(SCOPE, "g1"));
  t.deepEqual(await hears(owner, subjects.ups, agent, subjects.up("g1")), ["x"]);
  t.deepEqual(await hears(agent, subjects.down("g1", "pod-0"), owner), ["x"]);
  t.deepEqual(await hears(agent, subjects.beacon, owner), ["x"]);
  t.deepEqual(await readRevision(agent, SCOPE, "r1"), { id: "r1" });
  const blobs = new BlobStore(agent, SCOPE);
  const stored = await blobs.put({ job: "j", slot: "0" }, "binary", text("large"));
  t.is(Buffer.from(await blobs.get(stored)).toString(), "large");
});

test("a group's credentials neither read nor write what is another's", async (t) => {
  await using nats = await SecureNats.start();
  await using owner = await withStreams(nats);
  await using agent = await nats.connect("g1", groupPermissions(SCOPE, "g1"), inboxOf(SCOPE, "g1"));
  await using neighbour = await nats.connect("g2", groupPermissions(SCOPE, "g2"), inboxOf(SCOPE, "g2"));
  const [mine, other] = [subjectsOf(SCOPE), subjectsOf(OTHER)];
  const foreign = await new BlobStore(owner, OTHER).put({ job: "j", slot: "0" }, "binary", text("secret"));

  for (const subject of [mine.up("g2"), mine.down("g2", "pod-0"), mine.beacon, mine.journal, other.up("g1")])
    t.deepEqual(await hears(owner, subject, agent), [], `writes ${subject}`);
  for (const subject of [mine.down("g2", "pod-0"), mine.up("g2"), other.down("g1", "pod-0"), "troupe.team.film.submit"])
    t.deepEqual(await hears(agent, subject, owner), [], `reads ${subject}`);
  t.deepEqual(await hears(agent, `${inboxOf(SCOPE, "g2")}.>`, owner, `${inboxOf(SCOPE, "g2")}.1`), []);
  t.deepEqual(await hears(neighbour, "_INBOX.>", owner, "_INBOX.client"), []);

  const limit = { timeoutMs: 300 };
  await refused(t, "appends to the journal", appendToStream(agent, mine.journal, text("x"), limit));
  await refused(
    t,
    "reads another's revision",
    lastMessageOf(agent, "KV_TROUPE_REVISIONS", "$KV.TROUPE_REVISIONS.team.other.u2.r1", 300),
  );
  await refused(
    t,
    "asks for a stream's state",
    agent.request(`$JS.API.STREAM.INFO.${streamsOf(SCOPE).journal}`, text(""), limit),
  );
  await refused(
    t,
    "deletes a stream",
    agent.request(`$JS.API.STREAM.DELETE.${streamsOf(SCOPE).blobs}`, text(""), limit),
  );
  const foreignSubject = other.blob(foreign.ref.id, 0);
  await refused(t, "reads another's payload", lastMessageOf(agent, streamsOf(OTHER).blobs, foreignSubject, 300));
  const bySequence = `$JS.API.DIRECT.GET.${streamsOf(SCOPE).blobs}`;
  await refused(t, "reads payloads by number", agent.request(bySequence, text('{"seq":1}'), limit));
  t.is((await streamState(owner, streamsOf(SCOPE).journal))?.messages, 0);
  t.not(await streamState(owner, streamsOf(SCOPE).blobs), null);
});

test("a client knocks on doors and has its inbox, and nothing else", async (t) => {
  await using nats = await SecureNats.start();
  await using owner = await withStreams(nats);
  await using client = await nats.connect("client", clientPermissions("team"));
  const subjects = subjectsOf(SCOPE);
  t.deepEqual(await hears(owner, subjects.door("submit"), client), ["x"]);
  t.deepEqual(await hears(client, "_INBOX.abc", owner), ["x"]);
  const blobs = new BlobStore(client, SCOPE);
  const input = await blobs.put({ job: "j", slot: "in" }, "binary", text("input"));
  t.is(Buffer.from(await blobs.get(input)).toString(), "input");
  const current = await lastMessageOf(client, "KV_TROUPE_REVISIONS", "$KV.TROUPE_REVISIONS.team.film.*.current");
  t.is(current?.subject, "$KV.TROUPE_REVISIONS.team.film.u1.current");
  for (const subject of [subjects.up("g1"), subjects.down("g1", "pod-0"), "troupe.elsewhere.film.submit"])
    t.deepEqual(await hears(owner, subject, client), [], `writes ${subject}`);
  t.deepEqual(await hears(client, subjects.ups, owner, subjects.up("g1")), []);
});

test("the pods of a free-standing Group speak and hear on its own subjects alone, and remove nothing", async (t) => {
  await using nats = await SecureNats.start();
  await using owner = await withStreams(nats);
  const inbox = inboxOf(SCOPE, SCOPE.pipeline);
  await using pod = await nats.connect("pod", freeGroupPermissions(SCOPE), inbox);
  const own = groupSubjectsOf(SCOPE);
  const other = groupSubjectsOf(OTHER);
  t.deepEqual(await hears(owner, own.registry, pod), ["x"]);
  t.deepEqual(await hears(owner, own.up, pod), ["x"]);
  t.deepEqual(await hears(pod, own.calls("*", "*"), pod, own.calls("a", 1)), ["x"], "actors call each other");
  t.deepEqual(await hears(pod, own.down("*"), owner, own.down("pod-0")), ["x"]);
  t.deepEqual(await hears(pod, `${inbox}.>`, owner, `${inbox}.abc`), ["x"]);
  for (const subject of [
    other.registry,
    other.up,
    other.calls("a", 1),
    other.answers("c", "1"),
    own.down("pod-0"),
    own.news,
  ])
    t.deepEqual(await hears(owner, subject, pod), [], `says ${subject}`);
  for (const subject of [other.calls("a", 1), other.answers("c", "1"), other.down("pod-0"), own.registry, "_INBOX.abc"])
    t.deepEqual(await hears(pod, subject, owner), [], `hears ${subject}`);
  const blobs = new BlobStore(pod, SCOPE);
  const stored = await blobs.put({ job: "a@1", slot: "result" }, "binary", text("result"));
  t.is(Buffer.from(await blobs.get(stored)).toString(), "result");
  await refused(t, "purges", purgeStream(pod, streamsOf(SCOPE).blobs, { subject: subjectsOf(SCOPE).allBlobs }));
  await using client = await nats.connect("client", clientPermissions("team"));
  t.deepEqual(await hears(owner, own.calls("a", 1), client), ["x"]);
  t.deepEqual(await hears(client, own.answers("c", "1"), pod), ["x"]);
  t.deepEqual(await hears(owner, own.down("pod-0"), client), [], "a client orders nothing");
});

test("the operator writes buckets, and looks after streams", async (t) => {
  await using nats = await SecureNats.start();
  await using owner = await withStreams(nats);
  await using operator = await nats.connect("operator", OPERATOR_PERMISSIONS);
  await publishRevision(operator, SCOPE, { id: "r2" });
  t.deepEqual(await readRevision(owner, SCOPE, "r2"), { id: "r2" });
  const seen: string[] = [];
  operator.subscribe("$KV.TROUPE_REVISIONS.>", ({ subject }) => seen.push(subject));
  await operator.flush();
  await publishRevision(owner, SCOPE, { id: "r3" });
  await eventually("the operator sees the bucket change", () => seen.length === 2);
  t.pass();
});
