/**
 * What the pages tell people to type on a cluster, typed as it stands. A block that cannot be typed where the tests run says so in the line
 * above it (`_Not run by the tests: …_`); everything else has to be typed by some step, and the last one says what was not.
 */
import { readFile, readdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { RunOptions } from "./run.ts";

const ROOT = resolve(import.meta.dirname, "../../..");

export interface PageCommand {
  readonly page: string;
  /** With its further lines and its heredoc, without comments. */
  readonly text: string;
  /** Why the tests cannot type it; null: they do. */
  readonly notRun: string | null;
}

/** The installation and what comes after it. */
export async function commandsOfPages(): Promise<readonly PageCommand[]> {
  const operations = (await readdir(join(ROOT, "docs/operations"))).map((name) => `docs/operations/${name}`);
  const pages = await Promise.all(
    ["docs/install.md", ...operations].map(async (page) =>
      commandsIn(await readFile(join(ROOT, page), "utf8")).map((command) => ({ page, ...command })),
    ),
  );
  return pages.flat();
}

type Command = Omit<PageCommand, "page">;

/** Blocks of shell, and whole command lines of kubectl, helm and nats within the text: four words or more, and no ellipsis. */
export function commandsIn(markdown: string): readonly Command[] {
  const marked = /(?:^_Not run by the tests: ([^\n]+)_\n\n)?^```sh\n([\s\S]*?)^```$/gm;
  const fenced = [...markdown.matchAll(marked)].flatMap(([, reason, block = ""]) =>
    splitCommands(block).map((text) => ({ text, notRun: reason ?? null })),
  );
  const prose = markdown.replace(/^```[\s\S]*?^```$/gm, "");
  const inline = [...prose.matchAll(/`((?:kubectl|helm|nats)(?:\s+[^`\s…]+){3,})`/g)].map(([, text = ""]) => ({
    text: text.replace(/\s+/g, " "),
    notRun: null,
  }));
  return [...fenced, ...inline];
}

/** One for each line, but for those that go on: a backslash, a heredoc up to its END, a loop up to its `done`. */
function splitCommands(block: string): readonly string[] {
  const commands: string[] = [];
  let open = "";
  for (const line of block.split("\n")) {
    if (open === "" && (line.trim() === "" || line.startsWith("#"))) continue;
    open += open === "" ? line : `\n${line}`;
    if (!goesOn(open, line)) {
      commands.push(withoutComment(open));
      open = "";
    }
  }
  return commands;
}

function goesOn(command: string, last: string): boolean {
  if (command.includes("<<'END'")) return last !== "END";
  if (/^for\b/.test(command)) return last !== "done";
  return /[\\|]$/.test(last);
}

function withoutComment(command: string): string {
  return command.replace(/\s+#[^\n]*$/, "");
}

export interface TypeOptions extends RunOptions {
  /** What stands here in place of what a page gives as an example: each has to occur. */
  readonly instead?: Readonly<Record<string, string>>;
  /** Where; default: the checkout. */
  readonly cwd?: string;
  /** What the same shell does at its end, however that comes, and is on no page. */
  readonly last?: string;
}

type Shell = (script: string, options: RunOptions) => Promise<string>;

/** Everything that the pages say, and what of it was typed. */
export class Pages {
  readonly #commands: readonly PageCommand[];
  readonly #shell: Shell;
  readonly #typed = new Set<string>();

  private constructor(commands: readonly PageCommand[], shell: Shell) {
    this.#commands = commands;
    this.#shell = shell;
  }

  /** @param shell where kubectl and helm are those of the cluster */
  static async read(shell: Shell): Promise<Pages> {
    return new Pages(await commandsOfPages(), shell);
  }

  /**
   * Types the commands that begin so, in one shell that ends with the first that fails. @returns what they wrote
   * @throws {Error} when no page, or more than one command, begins so
   */
  async type(beginnings: string | readonly string[], options: TypeOptions = {}): Promise<string> {
    const { instead = {}, cwd = ROOT, last = ":", ...rest } = options;
    const texts = [beginnings].flat().map((beginning) => this.#only(beginning));
    let script = texts.join("\n");
    for (const [example, here] of Object.entries(instead)) {
      if (!script.includes(example)) throw new Error(`"${example}" does not occur in: ${script}`);
      script = script.replaceAll(example, here);
    }
    const said = await this.#shell(`set -e\ntrap '${last}' EXIT\ncd "${cwd}"\n${script}`, rest);
    for (const text of texts) this.#typed.add(text);
    return said;
  }

  /** What no step has typed, and no line says why. */
  left(): readonly string[] {
    return this.#commands
      .filter(({ text, notRun }) => notRun === null && !this.#typed.has(text))
      .map(({ page, text }) => `${page}: ${text}`);
  }

  #only(beginning: string): string {
    const typed = this.#commands.filter(({ notRun }) => notRun === null).map(({ text }) => text);
    const texts = new Set(typed.filter((text) => text.startsWith(beginning)));
    const exact = [...texts].find((text) => text === beginning);
    const [only] = texts;
    if (exact !== undefined) return exact;
    if (only === undefined || texts.size > 1)
      throw new Error(`${texts.size} commands of the pages begin with "${beginning}": ${[...texts].join(" | ")}`);
    return only;
  }
}
