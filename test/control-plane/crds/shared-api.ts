/** The API server, with the CRDs and the policy, that all tests of a file share: it comes before the first and goes after the last. */
import test from "ava";
import { startControlPlane, type ControlPlane } from "../../support/control-plane.ts";
import { apiOf, type Api } from "./api.ts";
import { applyCrds } from "./apply-crds.ts";

export interface SharedApi extends Pick<Api, "ask" | "create"> {
  readonly plane: ControlPlane;
}

/** Called once, at the top of a file. */
export function sharedApi(): SharedApi {
  const ends = new AsyncDisposableStack();
  let started: { readonly plane: ControlPlane; readonly api: Api } | undefined;
  const there = (): { readonly plane: ControlPlane; readonly api: Api } => {
    if (started === undefined) throw new Error("the API server is there from the first test on");
    return started;
  };
  test.before("start an API server with the CRDs and the policy", async () => {
    const plane = ends.use(await startControlPlane());
    const api = ends.use(apiOf(plane, "default"));
    await applyCrds(plane);
    started = { plane, api };
  });
  test.after.always(async () => ends.disposeAsync());
  return {
    get plane() {
      return there().plane;
    },
    ask: async (manifest) => there().api.ask(manifest),
    create: async (manifest) => there().api.create(manifest),
  };
}
