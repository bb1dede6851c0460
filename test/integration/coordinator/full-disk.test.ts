/** The disk that the NATS server writes to is really full: what is refused, what is said, and what goes on when there is room. */
import test, { type ExecutionContext } from "ava";
import { Engine, SINGLE, type Answer } from "../../support/engine.ts";
import { eventually } from "../../support/eventually.ts";
import { SmallDisk } from "../../support/small-disk.ts";

const MEBIBYTES = 256;
const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

const LARGE = "x".repeat(5_000);

const NAME = "a disk that is full: submissions are refused with the cure, and what was accepted is done";

const mounted = await SmallDisk.mount(MEBIBYTES);

const goesOn = async (t: ExecutionContext, small: SmallDisk | undefined): Promise<void> => {
  t.timeout(180_000);
  if (small === undefined) throw new Error("there is no disk to fill");
  await using disk = small;
  await using engine = await Engine.start(SINGLE, { within: disk.path });
  const coordinator = await engine.coordinator();
  const accepted = numbers(20).map((index) => `before-${index}`);
  for (const id of accepted) t.is((await engine.submit(id, id)).error, undefined);

  await disk.fill();
  t.is(await disk.freeBytes(), 0);
  let refusal: Answer = {};
  const unanswered: string[] = [];
  // Each with an id of its own: what is on its way when the disk is full may be journalled yet, and is neither accepted nor refused.
  await eventually("a submission is refused", async () => {
    const id = crypto.randomUUID();
    const answer = await engine.askOnce("submit", LARGE, { "Troupe-Job-Id": id });
    if (answer === undefined) unanswered.push(id);
    if (answer?.error === undefined && answer?.id !== undefined) accepted.push(answer.id);
    if (answer?.error !== undefined) refusal = answer;
    return answer?.error !== undefined;
  });
  t.is(refusal.error?.code, "StreamFull");
  t.regex(refusal.error?.message ?? "", /takes nothing: its disk may be full/);
  t.regex(
    refusal.error?.hint ?? "",
    /make room on the disk of the NATS server, and restart it; nothing that was accepted is lost/,
  );
  t.is(refusal.error?.["retryAfterMs"], 5_000);
  await coordinator.says("NATS takes nothing: its disk may be full");
  // Of those that nobody answered, some were taken and are on their way to the journal.
  const told = await Promise.all(unanswered.map(async (id) => (await engine.submit(id, LARGE)).error));
  for (const error of told) {
    t.true(error?.code === "StreamFull" || error?.code === "Unconfirmed", error?.code);
    t.regex(error?.hint ?? "", /make room on the disk of the NATS server, and restart it/);
  }
  const unconfirmed = unanswered.filter((_, index) => told[index]?.code === "Unconfirmed");
  t.log(`${unanswered.length} unanswered, ${unconfirmed.length} of them on their way`);

  await disk.empty();
  await engine.nats.restart();
  await eventually("there is room again", async () => (await engine.submit(refusal.id!, "x")).error === undefined);
  await engine.agents({ permits: 10 });
  // Whether it came to the journal or not, the same id stands for it.
  for (const id of unconfirmed) t.is((await engine.submit(id, LARGE)).error, undefined);
  for (const id of [...accepted, ...unconfirmed, refusal.id!]) t.is((await engine.outcome(id)).state, "done", id);
};

if (typeof mounted === "string")
  test.skip(`${NAME} (no file system can be mounted here: ${mounted})`, goesOn, undefined);
else test.serial(NAME, goesOn, mounted);
