/**
 * Keeps every core of this machine from falling asleep, by programs that give way to any other: a core that sleeps is woken late, above all on a
 * virtual machine, whose host has to come round to it first.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { availableParallelism, constants, setPriority } from "node:os";

const SPIN = "for (;;);";

export async function keepAwake(): Promise<AsyncDisposable> {
  const children = Array.from({ length: availableParallelism() }, () =>
    spawn(process.execPath, ["-e", SPIN], { stdio: "ignore" }),
  );
  await Promise.all(children.map(async (child) => once(child, "spawn")));
  for (const { pid } of children) if (pid !== undefined) setPriority(pid, constants.priority.PRIORITY_LOW);
  // A child that spins for ever must not outlive this program, however that ends.
  const endAll = (): void => {
    for (const child of children) child.kill("SIGKILL");
  };
  process.once("exit", endAll);
  return {
    [Symbol.asyncDispose]: async () => {
      process.off("exit", endAll);
      await Promise.all(children.map(end));
    },
  };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGKILL");
  await once(child, "exit");
}
