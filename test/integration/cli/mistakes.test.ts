/** What users get wrong is told with its place and the cure. */
import test from "ava";
import { createServer, type AddressInfo } from "node:net";
import { once } from "node:events";
import { eventually } from "../../support/eventually.ts";
import { freePorts } from "../../support/free-ports.ts";
import { processesWith } from "../../support/processes.ts";
import { FIXTURES, TroupeCommand } from "./troupe-command.ts";

let troupe: TroupeCommand;

test.before(async () => {
  troupe = await TroupeCommand.bundled("cli-test-mistakes");
});

test.after.always(async () => {
  await troupe[Symbol.asyncDispose]();
});

for (const [name, args, exit, messages] of [
  ["no such file", ["run", "nowhere.yaml"], 2, [/^error\[NoSuchFile\] nowhere\.yaml: there is no such file$/m]],
  [
    "YAML that does not parse",
    ["run", `${FIXTURES}/not-yaml.yaml`],
    2,
    [/^error\[InvalidYaml\] /m, /not-yaml\.yaml:\d+:\d+/],
  ],
  [
    "an unknown field",
    ["run", `${FIXTURES}/unknown-field.yaml`],
    2,
    [/^error\[UnknownField\] "exposed"/m, /unknown-field\.yaml:7:\d+/, /Did you mean "expose"\?/],
  ],
  [
    "an unknown module type",
    ["run", `${FIXTURES}/unknown-type.yaml`],
    2,
    [
      /^error\[UnknownModuleType\] .*"evn-only"/m,
      /Did you mean "even-only"\?/,
      /Registered are: even-only/,
      /modules\/odd\.ts/,
    ],
  ],
  [
    "a module file that throws",
    ["run", `${FIXTURES}/odd.yaml`, "--modules", `${FIXTURES}/throws`],
    2,
    [/^error\[ModuleFileBroken\] .*throws\/broken\.ts.*no model file/m, /broken\.ts:3:\d+/],
  ],
  [
    "modules that are not there",
    ["run", `${FIXTURES}/odd.yaml`, "--modules", "nowhere"],
    2,
    [/^error\[NoSuchFile\] --modules nowhere: /m],
  ],
  [
    "a program without a pipeline",
    ["run", `${FIXTURES}/no-pipeline.ts`],
    2,
    [/^error\[NoPipeline\] .*it exports answer$/m],
  ],
  [
    "a program that throws",
    ["run", `${FIXTURES}/throws.ts`],
    2,
    [/^error\[PipelineFileBroken\] .*TypeError/m, /throws\.ts:3:\d+/],
  ],
] as const) {
  test.serial(`${name} is told with its place and the cure`, async (t) => {
    const ended = await troupe.run(...args);
    t.is(ended.code, exit);
    t.is(ended.out, "");
    for (const message of messages) t.regex(ended.err, message);
    t.regex(ended.err, /hint: \S/);
  });
}

test.serial("NATS that cannot be reached ends the command with 4, the address and what would help", async (t) => {
  const [port] = await freePorts(1);
  const ended = await troupe.run("get", "actors", "--nats", `nats://127.0.0.1:${String(port)}`);
  t.is(ended.code, 4, ended.err);
  t.is(ended.out, "");
  t.is(
    ended.err,
    `error[CannotConnect] NATS does not answer at nats://127.0.0.1:${String(port)}: nobody listens there. Start nats-server (with JetStream: -js), or correct the address.\n`,
  );
});

test.serial(
  "a port that another process has is named to a program that wants it, and nothing is left behind",
  async (t) => {
    const taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    const { port } = taken.address() as AddressInfo;
    const mark = `cli-test-port-${String(process.pid)}-${String(port)}`;
    const { ended } = troupe.start(["exec", `${FIXTURES}/on-port.ts`, String(port)], { TROUPE_TEST_MARK: mark });
    const { code, out, err } = await ended;
    taken.close();
    t.is(code, 1, err);
    t.is(out, "");
    t.regex(
      err,
      new RegExp(`port ${String(port)} is in use by another process\\. Choose another port, or leave it out`),
    );
    t.regex(err, /NatsPortTaken/);
    await eventually("nothing is left", () => processesWith(mark).length === 0);
  },
);
