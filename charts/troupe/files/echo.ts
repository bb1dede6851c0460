import { Module, type RunContext } from "@troupe/sdk";

export class Echo extends Module {
  static override type = "echo";
  override run(ctx: RunContext<string>): string {
    return ctx.input;
  }
}
