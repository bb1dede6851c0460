import test from "ava";
import { streamReplicasOf } from "./stream-replicas.ts";

test("streams are kept on one server unless three or five are named", (t) => {
  t.deepEqual(
    [undefined, "", "1", "3", "5"].map((text) => streamReplicasOf({ TROUPE_STREAM_REPLICAS: text })),
    [1, 1, 1, 3, 5],
  );
  for (const text of ["0", "2", "4", "7", "three", "3.0", " 3"])
    t.throws(() => streamReplicasOf({ TROUPE_STREAM_REPLICAS: text }), {
      message: /TROUPE_STREAM_REPLICAS is ".*"; it is 1, or/,
    });
});
