/** The commands and their options. What a command does is loaded when it is called. */
import { Command, CommanderError, type OutputConfiguration } from "commander";
import { EXIT, type ExitCode } from "./exit-codes.ts";
import { HELP } from "./help-texts.ts";
import { VERSION_TEXT } from "./version.ts";
import type { GetActorsFlags } from "./commands/get-actors.ts";
import type { PlanFlags } from "./commands/plan.ts";
import type { RunFlags } from "./commands/run-options.ts";
import type { TimelineFlags } from "./commands/timeline.ts";

export interface Program {
  /** @returns what the process ends with; throws what the command throws */
  run(args: readonly string[]): Promise<number>;
  readonly command: Command;
}

export function makeProgram(output?: OutputConfiguration): Program {
  let exit: number = EXIT.ok;
  const program = new Command("troupe");
  program
    .description("Runs pipelines of modules, on this machine or on Kubernetes.")
    .usage("COMMAND [options]")
    .version(VERSION_TEXT, "-V, --version", "print the version")
    .helpOption("-h, --help", "show this help")
    .helpCommand("help [COMMAND]", "show the help of a command")
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({
      ...output,
      outputError: (text, write) => {
        write(usageError(text));
      },
    })
    .addHelpText("beforeAll", "")
    .addHelpText("before", HELP.troupe);
  const ends =
    <Args extends unknown[]>(action: (...args: Args) => Promise<ExitCode>) =>
    async (...args: Args): Promise<void> => {
      exit = await action(...args);
    };
  addRun(program, ends);
  addExec(program, (status) => {
    exit = status;
  });
  addCheckers(program, ends);
  addPictures(program, ends);
  addGet(program, ends);
  addRest(program, ends);
  return {
    command: program,
    run: async (args) => {
      try {
        await program.parseAsync([...args], { from: "user" });
        return exit;
      } catch (error) {
        if (!(error instanceof CommanderError)) throw error;
        return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
      }
    },
  };
}

type Ends = <Args extends unknown[]>(action: (...args: Args) => Promise<ExitCode>) => (...args: Args) => Promise<void>;

function addRun(program: Command, ends: Ends): void {
  program
    .command("run")
    .summary("run a pipeline on this machine")
    .argument("<file>", "Pipeline manifest, MAGDA configuration, or TypeScript file that exports a pipeline")
    .argument("[words...]", "handed to the file's inputs(words), when it exports that")
    .addHelpText("before", HELP.run)
    .option(
      "-m, --modules <path>",
      "file or folder of modules; may be repeated (default: the ConfigMap in FILE, else modules/ beside it)",
      collect,
    )
    .option(
      "-i, --input <json>",
      "input of one job: JSON, @FILE with JSON, @FILE.ndjson or @- with one job a line; may be repeated",
      collect,
    )
    .option("-j, --jobs <n>", "run N jobs, with the one --input or with null")
    .option("-p, --process", "let the aggregates process what the jobs brought, after them")
    .option("--cpus <n>", "CPUs that groups may claim (default: the cores of this machine)")
    .option("--gpus <n>", "GPUs that groups may claim (default: those of this machine)")
    .option("--concurrency <n>", "jobs open at a time (default: 256)")
    .option("--set <name=value>", "value of a placeholder ${name} in FILE; may be repeated", collect)
    .option("--context <json>", "the pipeline's context: JSON, or @FILE with JSON")
    .option("-o, --output <format>", "json: one line a job on standard output, in the order of the inputs")
    .option("--timeline <file>", "write the timeline: T.json, T.html or T.svg; may be repeated", collect)
    .action(
      ends(async (file: string, words: string[], flags: RunFlags) => {
        return (await import("./commands/run.ts")).run(file, words, flags);
      }),
    );
}

function addExec(program: Command, ends: (status: number) => void): void {
  program
    .enablePositionalOptions()
    .command("exec")
    .summary("run a program with actors, pools and chunked maps")
    .argument("<file>", "TypeScript or JavaScript file")
    .argument("[words...]", "handed to the program")
    .passThroughOptions()
    .addHelpText("before", HELP.exec)
    .action(async (file: string, words: string[]) => {
      ends(await (await import("./commands/exec.ts")).exec(file, words));
    });
}

function addCheckers(program: Command, ends: Ends): void {
  withFile(program.command("validate"))
    .summary("say what is wrong with a pipeline, and where")
    .addHelpText("before", HELP.validate)
    .option("-o, --output <format>", "json: an object with the list of problems")
    .action(
      ends(async (file: string, flags: RunFlags) => (await import("./commands/validate.ts")).validate(file, flags)),
    );
  withFile(program.command("plan"))
    .summary("predict the timeline, and where one more replica helps")
    .addHelpText("before", HELP.plan)
    .option("-j, --jobs <n>", "how many jobs", "1")
    .option("--durations <file>", "take the durations of modules from the timeline of a run (T.json)")
    .option("-o, --output <format>", "json: an object with the times, the spans and the advice")
    .action(ends(async (file: string, flags: PlanFlags) => (await import("./commands/plan.ts")).plan(file, flags)));
}

function withFile(command: Command): Command {
  return command
    .argument("<file>", "Pipeline manifest, MAGDA configuration, or TypeScript file that exports a pipeline")
    .option("-m, --modules <path>", "file or folder of modules; may be repeated", collect)
    .option("--set <name=value>", "value of a placeholder ${name} in FILE; may be repeated", collect)
    .option("--context <json>", "the pipeline's context: JSON, or @FILE with JSON");
}

function addPictures(program: Command, ends: Ends): void {
  program
    .command("timeline")
    .summary("draw the timeline of a run again")
    .argument("<file>", "T.json, as `troupe run --timeline T.json` writes it")
    .addHelpText("before", HELP.timeline)
    .option("--html <file>", "write a page with zoom and filter")
    .option("--svg <file>", "write a picture")
    .action(
      ends(async (file: string, flags: TimelineFlags) =>
        (await import("./commands/timeline.ts")).timeline(file, flags),
      ),
    );
  program
    .command("convert")
    .summary("turn a MAGDA configuration into a Pipeline manifest")
    .argument("<file>", "MAGDA configuration")
    .addHelpText("before", HELP.convert)
    .option("--set <name=value>", "value of a placeholder ${name} in FILE; may be repeated", collect)
    .action(
      ends(async (file: string, flags: RunFlags) => (await import("./commands/convert.ts")).convert(file, flags)),
    );
}

function addGet(program: Command, ends: Ends): void {
  program
    .command("get")
    .summary("list what is there")
    .addHelpText("before", HELP.get)
    .command("actors")
    .summary("list the actors of a group: what they do, and how those ended that did")
    .option("--nats <url>", "NATS of the group (default: $TROUPE_NATS_URL, else nats://127.0.0.1:4222)")
    .option("--creds <file>", "credentials for it")
    .option("--namespace <name>", "namespace of the group (default: local)")
    .option("--group <name>", "name of the group (default: $TROUPE_GROUP, else actors)")
    .option("-o, --output <format>", "json: a list of objects")
    .action(ends(async (flags: GetActorsFlags) => (await import("./commands/get-actors.ts")).getActors(flags)));
}

function addRest(program: Command, ends: Ends): void {
  program
    .command("completion")
    .summary("print a script that completes commands and options in your shell")
    .argument("<shell>", "bash, zsh or fish")
    .addHelpText("before", HELP.completion)
    .action(ends(async (shell: string) => (await import("./commands/completion.ts")).completion(shell, program)));
  program
    .command("version")
    .summary("print the version")
    .option("-o, --output <format>", "json: an object")
    .action(ends(async (flags: { output?: string }) => (await import("./commands/version.ts")).version(flags.output)));
}

/** Commander's own errors, in the form of all others. */
function usageError(text: string): string {
  const [message = "", ...rest] = text
    .trim()
    .replace(/^error: /, "")
    .split("\n");
  const suggestion = /Did you mean (.+)\?/.exec(rest.join(" "))?.[1];
  return `error[Usage] ${message}\nhint: ${suggestion === undefined ? "See troupe --help, or troupe help COMMAND." : `Did you mean ${suggestion}?`}\n`;
}

function collect(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}
