/** The reference pages against the code: every code is explained, nothing else is, and what they show works. */
import test from "ava";
import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { PROBLEM_CODES } from "@troupe/model";
import { DOOR_OPERATIONS } from "@troupe/protocol";
import { Engine, SINGLE } from "../../support/engine.ts";

const ROOT = resolve(import.meta.dirname, "../../..");

const textOf = async (path: string): Promise<string> => readFile(join(ROOT, path), "utf8");

/** Codes that the page explains, by the heading that they stand below. */
async function explained(): Promise<Map<string, string[]>> {
  const sections = (await textOf("docs/errors.md")).split(/^## /m).slice(1);
  return new Map(
    sections.map((section) => [
      section.slice(0, section.indexOf("\n")),
      [...section.matchAll(/^\| `(\w+)`/gm)].map(([, code = ""]) => code),
    ]),
  );
}

/** The members of a union of literals, as its source has them. */
async function unionOf(path: string, name: string): Promise<string[]> {
  const [, members] = new RegExp(`export type ${name} =([^;]*);`).exec(await textOf(path)) ?? [];
  return [...(members ?? "").matchAll(/"(\w+)"/g)].map(([, code = ""]) => code);
}

/** What a pattern finds in a room's sources. */
async function foundIn(room: string, pattern: RegExp): Promise<string[]> {
  const names = await readdir(join(ROOT, room, "src"), { recursive: true });
  const sources = names.filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"));
  const texts = await Promise.all(sources.map(async (name) => textOf(join(room, "src", name))));
  return texts.flatMap((text) => [...text.matchAll(pattern)].map(([, code = ""]) => code));
}

const CODES: Readonly<Record<string, () => Promise<readonly string[]> | readonly string[]>> = {
  "Why a job failed": async () => [...(await unionOf("protocol/src/failure.ts", "FailureCode")), "Cancelled"],
  "Refused at the door": async () => unionOf("coordinator/src/core/owner.ts", "RefusalCode"),
  "What the client says": async () => foundIn("sdk", /readonly code = "(\w+)"/g),
  "How actors end": async () => unionOf("protocol/src/actors/actor.ts", "DeathCode"),
  "What a group refuses": async () => [
    ...(await unionOf("protocol/src/actors/registry-messages.ts", "RegistryErrorCode")),
    ...(await foundIn("sdk", /new ActorRefusedError\(\s*"(\w+)"/g)),
  ],
  "What is wrong with a pipeline": () => PROBLEM_CODES,
  "What keeps the laptop from running a pipeline": async () => unionOf("local/src/local-error.ts", "LocalErrorCode"),
  "What keeps a pipeline from being planned": async () =>
    unionOf("coordinator/src/plan/plan-error.ts", "PlanErrorCode"),
  "What the command says": async () => [
    ...(await foundIn("cli", /new CommandError\(\s*"(\w+)"/g)),
    ...(await foundIn("cli", /coded\(\{ code: "(\w+)"/g)),
    ...(await foundIn("cli", /error\[(\w+)\]/g)),
  ],
  "Why a pipeline is stalled": async () => unionOf("coordinator/src/shell/stall-reporter.ts", "StallReason"),
};

test("the page on errors has a section for every kind of code, and no other", async (t) => {
  t.deepEqual([...(await explained()).keys()], Object.keys(CODES));
});

for (const [heading, codes] of Object.entries(CODES)) {
  test(`all codes and no others are explained: ${heading}`, async (t) => {
    const inCode = [...new Set(await codes())].toSorted();
    const onPage = (await explained()).get(heading) ?? [];
    t.true(inCode.length > 0);
    t.deepEqual(onPage.toSorted(), inCode);
  });
}

test("every operation of the door has a section, and every header is named", async (t) => {
  const page = await textOf("docs/nats.md");
  for (const operation of DOOR_OPERATIONS) t.regex(page, new RegExp(`^## ${operation}$`, "m"));
  const headers = await foundIn("coordinator", /header\("(Troupe-[\w-]+)"\)/g);
  t.true(headers.length > 0);
  for (const header of headers) t.true(page.includes(`\`${header}\``), header);
});

test("the program on the page on NATS runs as it stands", async (t) => {
  const [, program] = /^```js\n([\s\S]*?)^```$/m.exec(await textOf("docs/nats.md")) ?? [];
  await using engine = await Engine.start(SINGLE);
  await engine.coordinator();
  await engine.agents();
  // Beside this file, where the package that it imports is found.
  const folder = await mkdtemp(join(import.meta.dirname, "program-"));
  try {
    await writeFile(join(folder, "program.mjs"), program ?? "");
    const env = { ...process.env, NATS_URL: engine.nats.url };
    const { stdout } = await promisify(execFile)(process.execPath, [join(folder, "program.mjs")], { env });
    t.deepEqual(JSON.parse(stdout), { id: "m-1931", state: "done", result: { A: 'A({"title":"M"})' } });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test("the commands on the page are requests that the door takes", async (t) => {
  const commands = [
    ...(await textOf("docs/nats.md")).matchAll(/^nats request (\S+) '([^']*)'(?: -H ([\w-]+):(\S+))?/gm),
  ];
  t.is(commands.length, 2);
  await using engine = await Engine.start(SINGLE);
  await engine.coordinator();
  await engine.ask("status", { id: "nobody" }); // its door is open
  await engine.agents();
  for (const [, subject = "", body = "", header, value = ""] of commands) {
    const options = { timeoutMs: 10_000, ...(header === undefined ? {} : { headers: { [header]: value } }) };
    const { data } = await engine.bus.request(subject, new TextEncoder().encode(body), options);
    const answer = JSON.parse(new TextDecoder().decode(data)) as Record<string, unknown>;
    t.is(answer["id"], "m-1931");
    t.is(answer["error"], undefined);
  }
});
