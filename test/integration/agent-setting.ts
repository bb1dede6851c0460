/** What the tests of an agent begin with: a nats-server, an owner that says what it is told to, and the agent. */
import type { Done, Fail } from "@troupe/protocol";
import type { ExecutionContext } from "ava";
import { testNats } from "../support/nats.ts";
import { ownerOf, revisionOf, type RevisionDraft, type TestOwner } from "./agent-owner.ts";

export const OBEY = [{ name: "A", type: "obey" }];

interface Setting {
  readonly draft: RevisionDraft;
  readonly env?: Readonly<Record<string, string>>;
}

export async function withAgent(setting: Setting, work: (owner: TestOwner) => Promise<void>): Promise<void> {
  await using nats = await testNats();
  await using owner = await ownerOf({
    url: nats.url,
    revision: revisionOf(setting.draft),
    ...(setting.env && { env: setting.env }),
  });
  await work(owner);
}

export function failed(t: ExecutionContext, message: Done | Fail): Fail {
  if (message.type !== "fail") throw new Error(`it did not fail: ${JSON.stringify(message)}`);
  t.is(message.type, "fail");
  return message;
}
