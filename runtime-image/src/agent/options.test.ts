import test from "ava";
import { agentOptionsOf, OptionsError } from "./options.ts";

const ENV = {
  TROUPE_NATS_URL: "nats://localhost:4222",
  TROUPE_NAMESPACE: "local",
  TROUPE_PIPELINE: "film",
  TROUPE_UID: "u1",
  TROUPE_GROUP: "g1",
  TROUPE_REPLICA: "g1-0",
  TROUPE_TEMPLATE_HASH: "h1",
  TROUPE_MODULES: "/a.ts:/modules",
};

test("what is not said has a default", (t) => {
  t.deepEqual(agentOptionsOf(ENV), {
    natsUrl: "nats://localhost:4222",
    natsCreds: null,
    payloads: null,
    scope: { namespace: "local", pipeline: "film", uid: "u1" },
    group: "g1",
    replica: "g1-0",
    templateHash: "h1",
    modules: ["/a.ts", "/modules"],
    permits: 1,
    hostMemoryMb: null,
    drainMs: 30_000,
    healthPort: null,
    endWithStdin: false,
  });
});

test("what is missing or senseless is named", (t) => {
  t.throws(() => agentOptionsOf({ ...ENV, TROUPE_GROUP: "" }), {
    instanceOf: OptionsError,
    message: /^TROUPE_GROUP is not set/,
  });
  t.throws(() => agentOptionsOf({ ...ENV, TROUPE_CONCURRENCY: "0" }), {
    message: 'TROUPE_CONCURRENCY is "0"; it must be a whole number above 0.',
  });
});
