// Brings Go itself from Go's module proxy, where it lies as the module golang.org/toolchain, and prints the path of its
// `go`: `node hack/go-toolchain.mjs FOLDER`. For machines that reach package registries but no release downloads.
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { inflateRawSync } from "node:zlib";

const GO = "1.26.8";
const TIMEOUT_MS = 300_000;

/** Platform → SHA-256 of the module's zip. */
const CHECKSUMS = {
  "linux-amd64": "30c2b1bf7dcc88d3eb0a1364e47ddd9128edb3110a30e8a0ef61cd5856b31de7",
  "linux-arm64": "02b36b6787b3ac767668f630e2998df45a3b1f9ffee08d1bf3ef6487cd658d99",
};

try {
  if (process.argv[2] === undefined) throw new Error("say where to put it: node hack/go-toolchain.mjs FOLDER");
  console.log(await bringGo(resolve(process.argv[2])));
} catch (error) {
  const cause = error.cause instanceof Error ? ` (${error.cause.message})` : "";
  console.error(`troupe: Go could not be fetched: ${error.message}${cause}`);
  process.exitCode = 1;
}

async function bringGo(folder) {
  const platform = `${process.platform}-${process.arch === "x64" ? "amd64" : process.arch}`;
  const checksum = CHECKSUMS[platform];
  if (checksum === undefined) throw new Error(`no checksum is known for ${platform}; install Go ${GO} or newer`);
  const url = `${proxy()}/golang.org/toolchain/@v/v0.0.1-go${GO}.${platform}.zip`;
  const zip = await download(url);
  const found = createHash("sha256").update(zip).digest("hex");
  if (found !== checksum) throw new Error(`${url} has the checksum ${found}, not ${checksum}`);
  for (const { name, bytes } of filesOf(zip)) await writeInto(folder, withoutModule(name), bytes);
  return join(folder, "bin/go");
}

/** The first proxy of GOPROXY that is an address, else Go's own. */
function proxy() {
  const listed = (process.env.GOPROXY ?? "").split(/[,|]/).find((entry) => entry.startsWith("http"));
  return (listed ?? "https://proxy.golang.org").replace(/\/$/, "");
}

async function download(url) {
  const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (!response.ok) throw new Error(`${url} answers ${response.status}`);
  return Buffer.from(await response.arrayBuffer());
}

/** The files of a zip, as its central directory lists them (PKWARE's APPNOTE 4.3.12 and 4.3.16). */
function* filesOf(zip) {
  const end = zip.lastIndexOf(Buffer.from("PK\x05\x06", "latin1"));
  let at = zip.readUInt32LE(end + 16);
  for (let left = zip.readUInt16LE(end + 10); left > 0; left--) {
    const compressedBytes = zip.readUInt32LE(at + 20);
    const nameBytes = zip.readUInt16LE(at + 28);
    const local = zip.readUInt32LE(at + 42);
    const name = zip.toString("utf8", at + 46, at + 46 + nameBytes);
    const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
    const stored = zip.subarray(start, start + compressedBytes);
    yield { name, bytes: zip.readUInt16LE(at + 10) === 0 ? stored : inflateRawSync(stored) };
    at += 46 + nameBytes + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
  }
}

/** `golang.org/toolchain@v…/bin/go` → `bin/go` */
function withoutModule(name) {
  return name.slice(name.indexOf("/", name.indexOf("@")) + 1);
}

async function writeInto(folder, name, bytes) {
  const path = resolve(folder, name);
  if (!path.startsWith(`${folder}/`)) throw new Error(`the archive names a file outside of it: ${name}`);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, bytes);
  // The zip of a module says nothing of modes.
  if (name.startsWith("bin/") || name.startsWith("pkg/tool/")) await chmod(path, 0o755);
}
