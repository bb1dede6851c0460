/** Under whose name a program or actor stores what is too large for a message: it can be removed when its writer has ended. */
import type { ParentRef } from "./actor.ts";

/** A token of a subject: the id of the program, or that of the actor with its incarnation. */
export function storedBy(writer: ParentRef): string {
  return writer.kind === "client" ? writer.id : `${writer.id}@${writer.incarnation}`;
}
