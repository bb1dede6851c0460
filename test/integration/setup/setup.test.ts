/** The order of the set-up's parts, what each says, and that what is done is not done again. */
import test from "ava";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { eventually } from "../../support/eventually.ts";
import { BareCheckout } from "./bare-checkout.ts";

const ROOMS = ["model", "protocol", "sdk", "coordinator", "runtime-image", "local", "cli"];

/** An npm whose `ci` and `install` leave what npm's leave. */
const INSTALLS = "mkdir -p node_modules && : >node_modules/.package-lock.json";

/** Sources, and programs that do what the set-up needs of them. */
function fresh(): BareCheckout {
  const checkout = new BareCheckout();
  checkout.file("package-lock.json", "{}");
  checkout.file("hack/bundle.mjs", "");
  for (const room of ROOMS) {
    checkout.file(`${room}/package.json`, "{}");
    checkout.file(`${room}/src/index.ts`, "");
  }
  checkout.program(
    "node",
    `case $1 in
      --version) echo v24.12.0 ;;
      -p) echo '${join(checkout.bin, "node")}' ;;
      *) echo "node $*" >>'${join(checkout.root, "calls")}'; mkdir -p "$2" && : >"$2/cli.js" ;;
    esac`,
  );
  checkout.noted("npm", INSTALLS);
  checkout.natsServer("2.15.2");
  return checkout;
}

function mark(checkout: BareCheckout, name: string): string {
  return readFileSync(checkout.at(`.troupe/${name}`), "utf8").trim();
}

const INSTALLING = "troupe: installing the npm packages of package-lock.json";
const BUNDLING = "troupe: bundling the programs";

test("a fresh checkout: packages, bundles, nats-server, each with a line that says why; then nothing more", async (t) => {
  using checkout = fresh();
  const first = await checkout.run("setup.sh");
  t.is(first.code, 0, first.err);
  t.deepEqual(first.err.split("\n"), [
    `${INSTALLING} (npm ci), because this checkout has not got them yet`,
    `${BUNDLING} with esbuild, so that they start quickly`,
    "",
  ]);
  t.deepEqual(
    checkout.calls().map((line) => line.split(" ").slice(0, 2).join(" ")),
    ["npm ci", "node hack/bundle.mjs"],
  );
  t.is(mark(checkout, "node"), join(checkout.bin, "node"));
  t.is(mark(checkout, "nats-server"), join(checkout.bin, "nats-server"));
  t.deepEqual(await checkout.run("setup.sh"), { code: 0, out: "", err: "" });
  t.is(checkout.calls().length, 2);
});

test("what has changed is done again, and nothing else", async (t) => {
  using checkout = fresh();
  await checkout.run("setup.sh");
  checkout.file("sdk/src/index.ts", "changed");
  const sources = await checkout.run("setup.sh");
  t.is(sources.err, `${BUNDLING} again, because their sources have changed\n`);
  checkout.file("package-lock.json", '{"more": 1}');
  const packages = await checkout.run("setup.sh", ["modules"]);
  // Not `ci`, which empties node_modules under those who run.
  t.is(packages.err, `${INSTALLING} (npm install), because package-lock.json has changed\n`);
  checkout.program("nats-server", "exit 1");
  t.is((await checkout.run("setup.sh", ["nats"])).err, "", "one that is there is not looked at again");
});

test("npm that fails is said with the cure, leaves no mark, and is begun again", async (t) => {
  using checkout = fresh();
  checkout.noted("npm", 'echo "npm error 503" >&2; exit 1');
  const failed = await checkout.run("setup.sh");
  t.is(failed.code, 1);
  t.true(
    failed.err.endsWith(
      "npm error 503\ntroupe: npm ci failed (above). Check that the npm registry can be reached (npm ping), then run the command again.\n",
    ),
    failed.err,
  );
  t.false(existsSync(checkout.at(".troupe/modules")));
  t.false(existsSync(checkout.at(".troupe/bundle")));
  checkout.noted("npm", INSTALLS);
  t.is((await checkout.run("setup.sh")).code, 0);
  t.is(mark(checkout, "nats-server"), join(checkout.bin, "nats-server"));
});

test("a part that there is not is refused", async (t) => {
  using checkout = fresh();
  const ended = await checkout.run("setup.sh", ["bundel"]);
  t.deepEqual(ended, {
    code: 2,
    out: "",
    err: "troupe: there is no part of the set-up named 'bundel'; there are node, modules, bundle and nats\n",
  });
});

for (const signal of ["SIGINT", "SIGKILL"] as const) {
  test(`a set-up that ${signal} interrupts is begun again where it was`, async (t) => {
    using checkout = fresh();
    checkout.noted("npm", "mkdir -p node_modules/half; exec sleep 600");
    const run = checkout.start("setup.sh");
    await eventually("npm has begun", () => checkout.calls().length === 1);
    run.signal(signal);
    await run.ended;
    t.false(existsSync(checkout.at(".troupe/modules")));
    checkout.noted("npm", INSTALLS);
    const again = await checkout.run("setup.sh");
    t.is(again.code, 0, again.err);
    t.true(again.err.startsWith(`${INSTALLING} (npm ci), because this checkout has not got them yet\n`), again.err);
  });
}

test("two set-ups at once: the second says that it waits, and does nothing twice", async (t) => {
  using checkout = fresh();
  const go = join(checkout.root, "go");
  checkout.noted("npm", `while ! [ -e '${go}' ]; do sleep 0.05; done; ${INSTALLS}`);
  const first = checkout.start("setup.sh");
  await eventually("npm has begun", () => checkout.calls().length === 1);
  const second = checkout.start("setup.sh");
  await eventually("the second waits", () => second.err.includes("waiting for another set-up of"));
  checkout.program("go", "", checkout.root);
  t.is((await first.ended).code, 0);
  const ended = await second.ended;
  t.is(ended.code, 0);
  t.regex(ended.err, /^troupe: waiting for another set-up of .* to end\n$/);
  t.is(checkout.calls().length, 2, "npm and the bundler, once each");
});
