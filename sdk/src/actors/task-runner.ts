/** The actor that tasks run in, one after another. */
import { remember } from "./code.ts";

type Task = (...args: unknown[]) => unknown;

export class TaskRunner {
  run(fn: Task, ...args: unknown[]): unknown {
    return fn(...args);
  }
}

remember(TaskRunner, { kind: "sdk", name: "TaskRunner" });
