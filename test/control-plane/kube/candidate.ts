/** A process that writes as fast as it can while it leads. Says `leading`, `wrote VERSION` and how it ended. */
import { KubeConfig } from "@kubernetes/client-node";
import { configMaps, KubeClient, runAsLeader } from "../../../operator/src/kube/index.ts";
import { configMap } from "./config-map.ts";

const [kubeconfig = "", namespace = "", identity = ""] = process.argv.slice(2);
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const config = new KubeConfig();
config.loadFromFile(kubeconfig);
const client = KubeClient.for(config, identity);

const end = await runAsLeader(
  { client, lease: { namespace, name: "leader" }, identity },
  async (gate, signal) => {
    say("leading");
    const gated = client.gatedBy(gate);
    for (let count = 1; !signal.aborted; count++) {
      const written = await gated.apply(configMaps, configMap(namespace, "count", { [identity]: `${count}` }));
      say(`wrote ${written.metadata.resourceVersion}`);
    }
  },
  new AbortController().signal,
);
say(end);
client.close();
