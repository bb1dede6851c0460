/** `troupe completion`: scripts made from the commands themselves, so that they never lag behind. */
import type { Command } from "commander";
import { CommandError } from "../command-error.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";

interface Completed {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly { readonly flag: string; readonly description: string }[];
}

type Script = (commands: readonly Completed[]) => string;

const SCRIPTS: Readonly<Record<string, Script>> = { bash, zsh, fish };

export async function completion(shell: string, program: Command): Promise<ExitCode> {
  const script = SCRIPTS[shell];
  if (script === undefined) {
    throw new CommandError("Usage", `there is no completion for "${shell}"`, {
      hint: `Shells: ${Object.keys(SCRIPTS).join(", ")}`,
    });
  }
  process.stdout.write(script(program.commands.map(completed)));
  return EXIT.ok;
}

function completed(command: Command): Completed {
  const options = command.options.flatMap(({ long, description }) =>
    typeof long === "string" ? [{ flag: long, description }] : [],
  );
  return { name: command.name(), summary: command.summary(), options };
}

function bash(commands: readonly Completed[]): string {
  const cases = commands.map(
    ({ name, options }) => `      ${name}) words="${options.map(({ flag }) => flag).join(" ")}" ;;`,
  );
  return `_troupe() {
  local word="\${COMP_WORDS[COMP_CWORD]}" words=""
  if [ "$COMP_CWORD" -eq 1 ]; then
    words="${commands.map(({ name }) => name).join(" ")}"
  else
    case "\${COMP_WORDS[1]}" in
${cases.join("\n")}
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$word"))
  if [ "$COMP_CWORD" -gt 1 ] && [ "\${word#-}" = "$word" ]; then COMPREPLY=($(compgen -f -- "$word")); fi
}
complete -o filenames -F _troupe troupe
`;
}

function zsh(commands: readonly Completed[]): string {
  const names = commands.map(({ name, summary }) => `    '${name}:${quoted(summary)}'`);
  const cases = commands.map(({ name, options }) => {
    const flags = options.map(
      ({ flag, description }) => `'${flag}[${quoted(description.replaceAll(/[[\]:]/g, " "))}]'`,
    );
    return `    ${name}) _arguments ${[...flags, "'*:file:_files'"].join(" ")} ;;`;
  });
  return `#compdef troupe
_troupe() {
  local -a commands=(
${names.join("\n")}
  )
  if (( CURRENT == 2 )); then _describe command commands; return; fi
  local command=$words[2]
  shift words; (( CURRENT-- ))
  case $command in
${cases.join("\n")}
  esac
}
if [ "$funcstack[1]" = "_troupe" ]; then _troupe; else compdef _troupe troupe; fi
`;
}

function fish(commands: readonly Completed[]): string {
  const lines = commands.flatMap(({ name, summary, options }) => [
    `complete -c troupe -n __fish_use_subcommand -a ${name} -d '${quoted(summary)}'`,
    ...options.map(
      ({ flag, description }) =>
        `complete -c troupe -n '__fish_seen_subcommand_from ${name}' -l ${flag.slice(2)} -d '${quoted(description)}'`,
    ),
  ]);
  return `${lines.join("\n")}\n`;
}

function quoted(text: string): string {
  return text.replaceAll("'", "");
}
