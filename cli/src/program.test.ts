import test from "ava";
import { CommandError } from "./command-error.ts";
import { errorText } from "./error-text.ts";
import { EXIT } from "./exit-codes.ts";
import { scriptOf } from "./pipeline-file/script.ts";
import { makeProgram } from "./program.ts";
import { terminalState } from "./terminal-state.ts";
import { VERSION_TEXT } from "./version.ts";

async function runProgram(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  let out = "";
  let err = "";
  const program = makeProgram({
    writeOut: (text) => {
      out += text;
    },
    writeErr: (text) => {
      err += text;
    },
  });
  return { code: await program.run(args), out, err };
}

test("help starts with examples, for every command", async (t) => {
  const commands = makeProgram().command.commands.map((command) => command.name());
  t.deepEqual(commands, ["run", "exec", "validate", "plan", "timeline", "convert", "get", "completion", "version"]);
  for (const args of [[], ...commands.filter((name) => name !== "version").map((name) => [name])]) {
    const { code, out } = await runProgram(...args, "--help");
    t.is(code, EXIT.ok);
    t.true(out.startsWith("Examples:\n  "), `${args.join(" ")}: ${out.slice(0, 80)}`);
    t.notRegex(out, /default: \[/, "a default is said in words");
  }
});

test("--version says what version does", async (t) => {
  const { code, out } = await runProgram("--version");
  t.is(code, EXIT.ok);
  t.is(out, `${VERSION_TEXT}\n`);
});

test("an unknown command or option is a usage error that names the nearest", async (t) => {
  t.deepEqual(await runProgram("rnu"), {
    code: EXIT.usage,
    out: "",
    err: "error[Usage] unknown command 'rnu'\nhint: Did you mean run?\n",
  });
  t.deepEqual(await runProgram("run", "x.yaml", "--jbos", "3"), {
    code: EXIT.usage,
    out: "",
    err: "error[Usage] unknown option '--jbos'\nhint: Did you mean --jobs?\n",
  });
  t.like(await runProgram("run"), {
    code: EXIT.usage,
    err: "error[Usage] missing required argument 'file'\nhint: See troupe --help, or troupe help COMMAND.\n",
  });
});

for (const [args, code, message] of [
  [["run", "nowhere.yaml"], "NoSuchFile", /^nowhere\.yaml: there is no such file$/],
  [["run", "x.txt"], "Usage", /^x\.txt is no pipeline's file$/],
  [["run", "x.yaml", "--jobs", "0"], "Usage", /^--jobs 0: that is no whole number of at least 1$/],
  [["run", "x.yaml", "-o", "yaml"], "Usage", /^-o yaml: there is no such output$/],
  [
    ["run", "x.yaml", "--timeline", "x.png"],
    "Usage",
    /^--timeline x\.png: the end of the name says nothing about the format$/,
  ],
  [["run", "x.ts", "--set", "a=1"], "Usage", /--set a=… is for placeholders of a YAML file/],
  [["timeline", "nowhere.json"], "NoSuchFile", /^nowhere\.json: there is no such file$/],
  [["completion", "tcsh"], "Usage", /^there is no completion for "tcsh"$/],
] as const) {
  test(`${args.join(" ")} is refused with ${code}`, async (t) => {
    const error = await t.throwsAsync<CommandError>(runProgram(...args), { instanceOf: CommandError, message });
    t.is(error.code, code);
    t.is(error.exit, EXIT.usage);
    t.not(error.hint, "");
  });
}

test("an error is a code, a message and a hint; what others of ours throw is told the same way", (t) => {
  t.deepEqual(errorText(new CommandError("NoSuchFile", "x: there is no such file", { hint: "Check it." })), {
    text: "error[NoSuchFile] x: there is no such file\nhint: Check it.\n",
    exit: EXIT.usage,
  });
  const missing = Object.assign(new Error("nats-server was not found. Install it"), {
    code: "NatsServerMissing",
    hint: "Install it",
  });
  t.deepEqual(errorText(missing), {
    text: "error[NatsServerMissing] nats-server was not found\nhint: Install it\n",
    exit: EXIT.unreachable,
  });
  const unreached = Object.assign(new Error("NATS does not answer"), { name: "ConnectError" });
  t.deepEqual(errorText(unreached), { text: "error[CannotConnect] NATS does not answer\n", exit: EXIT.unreachable });
  t.regex(errorText(Object.assign(new Error("listen"), { code: "EADDRINUSE" })).text, /^error\[Unexpected\] /);
});

test("colour and drawing over are for terminals that want them", (t) => {
  const terminal = { isTTY: true, columns: 120 };
  t.deepEqual(terminalState(terminal, { LANG: "en_US.UTF-8" }), { width: 120, color: true, unicode: true, live: true });
  t.like(terminalState(terminal, { NO_COLOR: "1" }), { color: false, live: true });
  t.like(terminalState(terminal, { CI: "true" }), { color: true, live: false });
  t.like(terminalState(terminal, { TERM: "dumb" }), { color: false, live: false });
  t.deepEqual(terminalState({}, { COLUMNS: "72", LC_ALL: "de_DE.ISO-8859-1" }), {
    width: 72,
    color: false,
    unicode: false,
    live: false,
  });
});

test("a file exports inputs as a list or as a function of words", async (t) => {
  t.deepEqual(await scriptOf({ inputs: [1, 2] }, "f.ts").inputs?.([]), [1, 2]);
  t.deepEqual(await scriptOf({ inputs: (words: readonly string[]) => words }, "f.ts").inputs?.(["a"]), ["a"]);
  t.throws(() => scriptOf({ inputs: 3 }, "f.ts"), {
    message: "f.ts exports inputs, which has to be a list of inputs, or a function that returns one",
  });
  t.throws(() => scriptOf({ report: "x" }, "f.ts"), { message: /has to be a function/ });
});

test("completion knows every command and option", async (t) => {
  const written: string[] = [];
  const write = process.stdout.write.bind(process.stdout);
  process.stdout.write = (text: string | Uint8Array) => {
    written.push(String(text));
    return true;
  };
  try {
    for (const shell of ["bash", "zsh", "fish"]) await makeProgram().run(["completion", shell]);
  } finally {
    process.stdout.write = write;
  }
  t.is(written.length, 3);
  for (const script of written) t.regex(script, /timeline[^]*durations|durations[^]*timeline/);
});
