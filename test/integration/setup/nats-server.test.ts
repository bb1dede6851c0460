/** Which nats-server is taken, what is said about it, and that what is interrupted or wrong leaves nothing behind. */
import test from "ava";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { eventually } from "../../support/eventually.ts";
import { BareCheckout, type Ended } from "./bare-checkout.ts";

const NAME = "nats-server-v2.15.2-linux-amd64";
const BUILT = `printf '#!/bin/sh\\necho "nats-server: v2.15.2"\\n' >"$GOBIN/nats-server" && chmod 755 "$GOBIN/nats-server"`;
const REFUSED = 'echo "curl: (7) no way there" >&2; exit 7';

/** The two files of a release, as GitHub gives them. */
function release(checkout: BareCheckout, version = "2.15.2"): string {
  const folder = join(checkout.root, "release");
  checkout.natsServer(version, join(folder, NAME));
  execFileSync("tar", ["-czf", join(folder, `${NAME}.tar.gz`), "-C", folder, NAME]);
  const sum = createHash("sha256")
    .update(readFileSync(join(folder, `${NAME}.tar.gz`)))
    .digest("hex");
  const other = "0".repeat(64);
  writeFileSync(
    join(folder, "SHA256SUMS"),
    `${other}  ${NAME}.zip\n${sum}  ${NAME}.tar.gz\n${other}  x-${NAME}.tar.gz\n`,
  );
  return folder;
}

/** A curl that takes the last word's file from a folder: `curl … -o FILE URL`. */
function curlFrom(checkout: BareCheckout, folder: string, first = ""): void {
  checkout.noted(
    "curl",
    `while [ $# -gt 1 ]; do [ "$1" = -o ] && file=$2; shift; done\n${first}\ncp '${folder}'/"\${1##*/}" "$file"`,
  );
}

function programsOf(checkout: BareCheckout): string[] {
  return [...new Set(checkout.calls().map((line) => line.split(" ")[0]!))];
}

function lines({ err }: Ended): string[] {
  return err.split("\n").filter((line) => line.startsWith("troupe: "));
}

test("NATS_SERVER goes before PATH, PATH before what was fetched, that before Go's; nothing is said or called", async (t) => {
  using checkout = new BareCheckout();
  for (const name of ["curl", "go", "apt-get"]) checkout.noted(name, "exit 1");
  const given = checkout.natsServer("2.11.0", join(checkout.root, "mine"));
  const onPath = checkout.natsServer("2.11.0");
  const fetched = checkout.natsServer("2.11.0", checkout.tools);
  const goBuilt = checkout.natsServer("2.11.0", join(checkout.home, "go/bin"));
  t.deepEqual(await checkout.run("nats-server.sh", [], { NATS_SERVER: given }), {
    code: 0,
    out: `${given}\n`,
    err: "",
  });
  for (const path of [onPath, fetched, goBuilt]) {
    t.deepEqual(await checkout.run("nats-server.sh"), { code: 0, out: `${path}\n`, err: "" });
    checkout.natsServer("2.10.29", join(path, ".."));
    if (path !== goBuilt) execFileSync("rm", [path]);
  }
  t.deepEqual(checkout.calls(), []);
});

test("a NATS_SERVER that is none, or too old, is refused with the cure: another one is not taken in its place", async (t) => {
  using checkout = new BareCheckout();
  checkout.natsServer("2.15.2");
  const none = await checkout.run("nats-server.sh", [], { NATS_SERVER: "/no/such" });
  t.is(none.code, 1);
  t.is(
    none.err,
    "troupe: NATS_SERVER is /no/such, which is no program. Unset it (one will be found or fetched), or name a nats-server 2.11 or newer.\n",
  );
  const old = checkout.natsServer("2.10.29", join(checkout.root, "old"));
  const refused = await checkout.run("nats-server.sh", [], { NATS_SERVER: old });
  t.is(refused.code, 1);
  t.regex(refused.err, /which is version 2\.10\.29, older than 2\.11\. Unset it/);
});

test("one that is too old, or no nats-server, is passed over aloud", async (t) => {
  using checkout = new BareCheckout();
  const old = checkout.natsServer("2.9.25");
  const broken = checkout.program("nats-server", "exit 1", checkout.tools);
  const good = checkout.natsServer("3.0.1", join(checkout.home, "go/bin"));
  t.deepEqual(await checkout.run("nats-server.sh"), {
    code: 0,
    out: `${good}\n`,
    err:
      `troupe: passing over ${old}: version 2.9.25, Troupe needs 2.11 or newer\n` +
      `troupe: passing over ${broken}: version unknown, Troupe needs 2.11 or newer\n`,
  });
});

test("there is none: the release is downloaded, checked and kept; the next time it is found without a word", async (t) => {
  using checkout = new BareCheckout();
  curlFrom(checkout, release(checkout));
  checkout.noted("go", "exit 1");
  const ended = await checkout.run("nats-server.sh");
  const own = join(checkout.tools, "nats-server");
  t.deepEqual(ended, {
    code: 0,
    out: `${own}\n`,
    err: `troupe: downloading ${NAME} from GitHub, because there is no nats-server on this machine (looked at NATS_SERVER, PATH and ~/go/bin)\n`,
  });
  t.deepEqual(
    checkout.calls().map((line) => line.slice(line.lastIndexOf(" ") + 1)),
    ["SHA256SUMS", `${NAME}.tar.gz`].map(
      (file) => `https://github.com/nats-io/nats-server/releases/download/v2.15.2/${file}`,
    ),
  );
  t.deepEqual(checkout.kept(), ["nats-server"]);
  t.deepEqual(await checkout.run("nats-server.sh"), { code: 0, out: `${own}\n`, err: "" });
  t.is(checkout.calls().length, 2);
});

test("without curl it is wget that downloads", async (t) => {
  using checkout = new BareCheckout();
  const folder = release(checkout);
  checkout.noted(
    "wget",
    `while [ $# -gt 1 ]; do [ "$1" = -O ] && file=$2; shift; done\ncp '${folder}'/"\${1##*/}" "$file"`,
  );
  t.is((await checkout.run("nats-server.sh")).code, 0);
  t.deepEqual(programsOf(checkout), ["wget"]);
});

const releases: readonly [what: string, spoil: (folder: string, checkout: BareCheckout) => void, said: RegExp][] = [
  [
    "has another checksum",
    (folder) => {
      writeFileSync(join(folder, `${NAME}.tar.gz`), "half of it", { flag: "a" });
    },
    /^troupe: the checksum of nats-server-v2\.15\.2-linux-amd64\.tar\.gz is not the one in SHA256SUMS$/m,
  ],
  [
    "is not in SHA256SUMS",
    (folder) => {
      writeFileSync(join(folder, "SHA256SUMS"), "");
    },
    /^troupe: the checksum of .* is not the one in SHA256SUMS$/m,
  ],
  [
    "holds a version that is too old",
    (_, checkout) => {
      release(checkout, "2.10.1");
    },
    /^troupe: it is version 2\.10\.1, which is older than 2\.11$/m,
  ],
  [
    "does not come",
    (_, checkout) => {
      checkout.noted("curl", REFUSED);
    },
    /no way there/,
  ],
];
for (const [what, spoil, said] of releases) {
  test(`a release that ${what} is not taken: Go builds it, and it is said why`, async (t) => {
    using checkout = new BareCheckout();
    const folder = release(checkout);
    curlFrom(checkout, folder);
    spoil(folder, checkout);
    const go = checkout.noted("go", BUILT);
    checkout.noted("apt-get", "exit 1");
    const ended = await checkout.run("nats-server.sh");
    t.is(ended.code, 0, ended.err);
    t.is(ended.out, `${join(checkout.tools, "nats-server")}\n`);
    t.regex(ended.err, said);
    t.is(
      lines(ended).at(-1),
      `troupe: building nats-server v2.15.2 with ${go}, because it could not be downloaded (about a minute)`,
    );
    t.is(
      checkout.calls().at(-1),
      "go install -trimpath -ldflags -s -w github.com/nats-io/nats-server/v2@v2.15.2",
      "and no package was asked for",
    );
    t.deepEqual(checkout.kept(), ["nats-server"]);
  });
}

/** A dpkg-deb that unpacks a nats-server of this version. */
function packaged(checkout: BareCheckout, version: string): void {
  checkout.noted(
    "apt-get",
    `[ "$2" = download ] && : >nats-server_1.deb
     [ "$2" = download ]`,
  );
  checkout.noted("apt-cache", "exit 0");
  checkout.noted(
    "dpkg-deb",
    `mkdir -p "$3/usr/sbin" && printf '#!/bin/sh\\necho "nats-server: v${version}"\\n' >"$3/usr/sbin/nats-server" && chmod 755 "$3/usr/sbin/nats-server"`,
  );
}

test("neither downloaded nor built: the distribution's package is unpacked", async (t) => {
  using checkout = new BareCheckout();
  checkout.noted("curl", REFUSED);
  checkout.noted("go", "exit 1");
  packaged(checkout, "2.12.4");
  const ended = await checkout.run("nats-server.sh");
  t.is(ended.code, 0, ended.err);
  t.is(ended.out, `${join(checkout.tools, "nats-server")}\n`);
  t.deepEqual(programsOf(checkout), ["curl", "go", "apt-cache", "apt-get", "dpkg-deb"]);
  t.deepEqual(
    lines(ended).map((line) => line.split(" ")[1]),
    ["downloading", "building", "taking"],
  );
  t.is(
    lines(ended).at(-1),
    "troupe: taking the distribution's package nats-server, because it could be neither downloaded nor built",
  );
  t.deepEqual(checkout.kept(), ["nats-server"]);
});

test("no way leads to one: what was tried is said, then the cure, and nothing is left", async (t) => {
  using checkout = new BareCheckout();
  checkout.noted("curl", REFUSED);
  checkout.noted("go", "exit 1");
  packaged(checkout, "2.9.10");
  const old = await checkout.run("nats-server.sh");
  t.is(old.code, 1);
  t.is(old.out, "");
  t.true(old.err.includes("troupe: it is version 2.9.10, which is older than 2.11\n"));
  const cure =
    /^troupe: no nats-server could be found, downloaded, built or unpacked \(above\)\. Install nats-server 2\.11 or newer \(https:.*\), put it on PATH or set NATS_SERVER=/;
  t.regex(lines(old).at(-1)!, cure);
  t.deepEqual(checkout.kept(), []);
  for (const name of ["apt-get", "curl"]) execFileSync("rm", [join(checkout.bin, name)]);
  const bare = await checkout.run("nats-server.sh");
  t.is(bare.code, 1);
  t.true(bare.err.includes("troupe: there is neither curl nor wget\n"));
  t.true(bare.err.includes("troupe: there is no apt-get to take the distribution's package with\n"));
  t.regex(lines(bare).at(-1)!, cure);
  t.deepEqual(checkout.kept(), []);
});

test("without Go it is fetched to build with, and goes again", async (t) => {
  using checkout = new BareCheckout();
  checkout.noted("curl", REFUSED);
  const go = checkout.noted("go", BUILT, join(checkout.root, "fetched"));
  checkout.noted("node", `echo '${go}'`);
  const ended = await checkout.run("nats-server.sh", [], { TROUPE_GO_PLACES: "/nowhere /here/neither" });
  t.is(ended.code, 0, ended.err);
  t.regex(lines(ended).at(-1)!, /^troupe: fetching Go from its module proxy .*because it could not be downloaded and /);
  t.deepEqual(programsOf(checkout), ["curl", "node", "go"]);
  t.deepEqual(checkout.kept(), ["nats-server"]);
});

test("Go is taken from where installers put it, too", async (t) => {
  using checkout = new BareCheckout();
  checkout.noted("curl", REFUSED);
  const elsewhere = join(checkout.root, "elsewhere");
  checkout.noted("go", BUILT, elsewhere);
  const ended = await checkout.run("nats-server.sh", [], { TROUPE_GO_PLACES: `/nowhere ${elsewhere}` });
  t.is(ended.code, 0, ended.err);
  t.deepEqual(programsOf(checkout), ["curl", "go"]);
});

for (const signal of ["SIGINT", "SIGTERM", "SIGKILL"] as const) {
  test(`a download that ${signal} interrupts leaves nothing half done, and the next one is whole`, async (t) => {
    using checkout = new BareCheckout();
    const folder = release(checkout);
    curlFrom(checkout, folder, `case $1 in *.tar.gz) printf half >"$file"; exec sleep 600 ;; esac`);
    const run = checkout.start("nats-server.sh");
    await eventually("the download has begun", () => checkout.calls().length === 2);
    const half = checkout.kept();
    t.is(half.length, 1);
    t.regex(half[0]!, /^nats\.new\./);
    run.signal(signal);
    t.is((await run.ended).out, "");
    if (signal === "SIGKILL")
      t.deepEqual(checkout.kept(), half, "nobody could clear it away, but it is no nats-server");
    else t.deepEqual(checkout.kept(), []);
    curlFrom(checkout, folder);
    const again = await checkout.run("nats-server.sh");
    t.is(again.out, `${join(checkout.tools, "nats-server")}\n`, again.err);
    t.deepEqual(checkout.kept(), ["nats-server"]);
  });
}

test("a build that is interrupted leaves nothing half done", async (t) => {
  using checkout = new BareCheckout();
  checkout.noted("curl", REFUSED);
  checkout.noted("go", `printf half >"$GOBIN/nats-server"; exec sleep 600`);
  const run = checkout.start("nats-server.sh");
  await eventually("the build has begun", () => checkout.calls().at(-1)?.startsWith("go ") === true);
  run.signal("SIGTERM");
  t.is((await run.ended).out, "");
  t.deepEqual(checkout.kept(), []);
  mkdirSync(checkout.tools, { recursive: true });
  checkout.noted("go", BUILT);
  t.is((await checkout.run("nats-server.sh")).code, 0);
  t.deepEqual(checkout.kept(), ["nats-server"]);
});
