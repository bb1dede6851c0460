import test from "ava";
import { waitsForNats } from "./waits-for-nats.ts";

test("NATS is waited for in a pod and not on the laptop, unless told otherwise", (t) => {
  t.false(waitsForNats({}));
  t.true(waitsForNats({ KUBERNETES_SERVICE_HOST: "10.0.0.1" }));
  t.true(waitsForNats({ TROUPE_WAIT_FOR_NATS: "1" }));
  t.false(waitsForNats({ TROUPE_WAIT_FOR_NATS: "0", KUBERNETES_SERVICE_HOST: "10.0.0.1" }));
});
