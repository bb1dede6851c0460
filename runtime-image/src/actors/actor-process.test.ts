import test from "ava";
import { loaderArguments } from "./actor-process.ts";

test("in an image of the user's own, Node is started again as it was: by the loader that came along", (t) => {
  t.deepEqual(loaderArguments("/opt/troupe/lib/loader"), ["--library-path", "/opt/troupe/lib", "/opt/troupe/bin/node"]);
  t.deepEqual(loaderArguments("/nodejs/bin/node"), []);
});
