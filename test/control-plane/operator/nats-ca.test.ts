/** An external NATS whose certificate is of an authority that nobody knows: pods of groups are given it. */
import test from "ava";
import { findNatsServer } from "@troupe/local";
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { configMaps, type ConfigMap, type Stored } from "../../../operator/src/kube/index.ts";
import { Daemon } from "../../support/daemon.ts";
import { eventually } from "../../support/eventually.ts";
import { freePorts } from "../../support/free-ports.ts";
import { sharedWorld } from "./shared-world.ts";
import { Place } from "./world.ts";

const ROOT = resolve(import.meta.dirname, "../../..");
const CONNECT = join(import.meta.dirname, "../fixtures/connect.ts");
const CERTIFICATE = join(import.meta.dirname, "../fixtures/tls/localhost");
const ONE = { source: { image: "example.test/modules:1" }, modules: [{ name: "A", type: "example", group: "g" }] };

const world = sharedWorld({ operator: false });
let folder: string;

test.before(async () => {
  folder = await mkdtemp(join(tmpdir(), "troupe-test-"));
});

test.after.always(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function written(name: string, content: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

/** What the pods of the group mount, once the Deployment of another template than `before` names it. */
async function mounted(place: Place, before = ""): Promise<{ readonly hash: string; readonly ca: Stored<ConfigMap> }> {
  let [hash, name] = ["", ""];
  await eventually("a template mounts the authority", async () => {
    const found = (await place.deployments()).find(
      ({ metadata }) => metadata.labels?.["troupe.dev/template"] !== before,
    );
    hash = found?.metadata.labels?.["troupe.dev/template"] ?? "";
    const volumes = found?.spec?.template.spec?.volumes ?? [];
    name = volumes.find((volume) => volume.name === "troupe-nats-ca")?.configMap?.name ?? "";
    return name !== "";
  });
  return { hash, ca: await world.client.get(configMaps, { namespace: place.namespace, name }) };
}

/** A nats-server whose certificate has signed itself, as an authority of its own. */
async function tlsNats(): Promise<{ readonly url: string; readonly server: Daemon }> {
  const [port = 0, monitor = 0] = await freePorts(2);
  const tls = `tls { cert_file: ${JSON.stringify(`${CERTIFICATE}.crt`)}, key_file: ${JSON.stringify(`${CERTIFICATE}.key`)} }`;
  const config = await written(
    "nats.conf",
    [`listen: "127.0.0.1:${port}"`, `http: "127.0.0.1:${monitor}"`, tls].join("\n"),
  );
  const server = new Daemon({
    command: findNatsServer({ root: ROOT, env: process.env }),
    args: ["-c", config],
    isReady: async () =>
      fetch(`http://127.0.0.1:${monitor}/healthz`).then(
        ({ ok }) => ok,
        () => false,
      ),
  });
  await server.start();
  return { url: `tls://localhost:${port}`, server };
}

test.serial(
  "pods are given it in their namespace, what somebody takes away comes back, and another one takes other pods",
  async (t) => {
    const place = await Place.in(world);
    await place.applyPipeline("p", ONE);
    let first: Awaited<ReturnType<typeof mounted>>;
    {
      await using _ = await world.startOperator({ natsCaFile: await written("one.crt", "one") });
      first = await mounted(place);
      t.deepEqual(first.ca.data, { "ca.crt": "one" });
      const key = { namespace: place.namespace, name: first.ca.metadata.name };
      await world.client.delete(configMaps, key);
      await eventually("it is back", async () => (await world.client.find(configMaps, key)) !== undefined);
      await world.client.patch(configMaps, key, { type: "merge", body: { data: { "ca.crt": "forged" } } });
      await eventually(
        "it is as it was",
        async () => (await world.client.get(configMaps, key)).data?.["ca.crt"] === "one",
      );
    }
    await using _ = await world.startOperator({ natsCaFile: await written("two.crt", "two") });
    const second = await mounted(place, first.hash);
    t.deepEqual(second.ca.data, { "ca.crt": "two" });
  },
);

test.serial("with what its pod is given, a process reaches a NATS that it would not trust otherwise", async (t) => {
  await using _ = await world.startOperator({ natsCaFile: `${CERTIFICATE}.crt` });
  const place = await Place.in(world);
  await place.applyPipeline("p", ONE);
  const { ca } = await mounted(place);
  const env = (await place.deployments())[0]?.spec?.template.spec?.containers[0]?.env ?? [];
  const variable = env.find(({ value }) => value === "/var/run/troupe/nats-ca/ca.crt")?.name ?? "";
  const { url, server } = await tlsNats();
  t.teardown(async () => server.kill());
  const connect = async (extra: Record<string, string>): Promise<string> =>
    promisify(execFile)(process.execPath, ["--disable-warning=ExperimentalWarning", CONNECT, url], {
      env: { PATH: process.env["PATH"], ...extra },
    }).then(
      ({ stdout }) => stdout.trim(),
      (error: unknown) => String(error),
    );
  t.regex(await connect({}), /certificate/);
  t.is(await connect({ [variable]: await written("mounted.crt", ca.data?.["ca.crt"] ?? "") }), "connected");
});
