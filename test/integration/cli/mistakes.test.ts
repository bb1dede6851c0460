/** What users get wrong is told with its place and the cure. */
import test from "ava";
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
