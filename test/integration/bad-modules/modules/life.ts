/** Modules whose set-up or end goes wrong. */
import { Module, type BootContext } from "@troupe/sdk";
import { existsSync } from "node:fs";

/** Cannot be set up until the file `parameters.needs` is there. */
export class Needy extends Module {
  static override type = "needy";

  override bootstrap({ parameters }: BootContext): void {
    const { needs } = parameters;
    if (typeof needs !== "string" || !existsSync(needs)) throw new Error("no weights");
  }

  override run(): string {
    return "served";
  }
}

/** Never gets torn down. */
export class Clinging extends Module {
  static override type = "clinging";

  override run(): string {
    return "served";
  }

  override async teardown(): Promise<never> {
    return new Promise(() => undefined);
  }
}

/** Keeps the thread when it is torn down. */
export class Stuck extends Module {
  static override type = "stuck";

  override run(): string {
    return "served";
  }

  override teardown(): never {
    for (;;);
  }
}

/** Raises when it is torn down. */
export class Sore extends Module {
  static override type = "sore";

  override run(): string {
    return "served";
  }

  override teardown(): never {
    throw new Error("as asked");
  }
}
