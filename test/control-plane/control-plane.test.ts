import test from "ava";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startControlPlane } from "../support/control-plane.ts";
import { eventually } from "../support/eventually.ts";
import { processesWith } from "../support/processes.ts";

const DEPLOYMENT = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 2
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: main, image: nothing }] }
`;

test("etcd, API server and controllers run, take files, keep them through a restart, and go", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "troupe-test-"));
  try {
    let place = "";
    {
      await using plane = await startControlPlane({ controllers: true, audit: true });
      place = plane.kubeconfig;
      const namespace = await plane.namespace();
      const file = join(folder, "web.yaml");
      await writeFile(file, DEPLOYMENT.replace("name: web }", `name: web, namespace: ${namespace} }`));
      await plane.apply(file);
      await eventually("the Deployment has its Pods", async () => {
        return (await plane.kubectl("get", "pods", "-n", namespace, "-o", "name")).trim().split("\n").length === 2;
      });
      await plane.apiServer.restart();
      t.regex(await plane.kubectl("get", "deployments", "-n", namespace, "-o", "name"), /web/);
      t.true((await plane.compact()) > 0);
      t.regex(await plane.serviceAccountToken(namespace, "somebody"), /^eyJ/);
      t.regex(await readFile(plane.auditLog, "utf8"), /"verb":"patch"/);
    }
    t.deepEqual(processesWith(place), []);
  } finally {
    await rm(folder, { recursive: true });
  }
});
