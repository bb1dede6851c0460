/**
 * A process that cannot outlive us, whatever happens to us: SIGKILL included.
 *
 * Between us and it stands a shell whose stdin is a pipe from us. The pipe closes when we end, however we end, and the shell
 * then kills the process and removes its folder. Processes of our own code need no guard: they end when their IPC channel does.
 */
import { spawn, type ChildProcess } from "node:child_process";
import type { Readable } from "node:stream";

/**
 * `$1`: folder to remove when we are gone, or empty; the rest is the command. Says the command's pid on stdout. The watcher
 * ignores SIGTERM once it has begun, because the shell ends it when the command has ended, and the folder must still go.
 */
const GUARD = `
exec 3<&0 </dev/null
folder=$1; shift
"$@" 3<&- >&2 &
child=$!
echo "$child"
{ read -r _ <&3; trap '' TERM; kill -9 "$child"; [ -z "$folder" ] || { sleep 0.1; rm -rf "$folder"; }; } >/dev/null 2>&1 &
watcher=$!
exec 3<&- >&-
wait "$child"
code=$?
kill "$watcher" 2>/dev/null
exit "$code"
`;

export interface GuardOptions {
  readonly command: string;
  readonly args: readonly string[];
  /** Removed when this process ends without having ended the command. */
  readonly removeFolder?: string | undefined;
}

export interface Guarded {
  /** Of the command, not of the shell. */
  readonly pid: number;
  readonly stderr: Readable;
  /** Exit status of the command; 128 and more: the signal that ended it. */
  readonly exited: Promise<number>;
}

export async function spawnGuarded({ command, args, removeFolder }: GuardOptions): Promise<Guarded> {
  const shell = spawn("/bin/sh", ["-c", GUARD, "guard", removeFolder ?? "", command, ...args], {
    stdio: ["pipe", "pipe", "pipe"],
    // A session of its own: Ctrl-C in a terminal reaches us, and we decide in which order things end.
    detached: true,
  });
  shell.stdin.on("error", () => undefined);
  const exited = new Promise<number>((resolve) => {
    shell.on("exit", (code) => {
      shell.stdin.destroy();
      resolve(code ?? 128);
    });
    shell.on("error", () => {
      resolve(127);
    });
  });
  return { pid: await firstNumber(shell), stderr: shell.stderr, exited };
}

/** The stream of a spawned shell says the command's pid in its first line. */
async function firstNumber(shell: ChildProcess): Promise<number> {
  let text = "";
  for await (const chunk of shell.stdout ?? []) {
    text += String(chunk);
    if (text.includes("\n")) break;
  }
  const pid = Number.parseInt(text, 10);
  if (!Number.isSafeInteger(pid)) throw new Error("/bin/sh ended before it started anything");
  return pid;
}
