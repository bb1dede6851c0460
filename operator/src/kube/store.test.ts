import test from "ava";
import { type ConfigMap } from "./builtin.ts";
import { keyOf, keyText, type Stored } from "./object.ts";
import { Store, type Change } from "./store.ts";

function object(name: string, version: number, labels: Record<string, string> = {}): Stored<ConfigMap> {
  const [namespace = "", short = ""] = name.split("/");
  const metadata = { namespace, name: short, uid: `uid-${name}`, resourceVersion: String(version), labels };
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { ...metadata, creationTimestamp: "" } };
}

function told(changes: readonly Change<ConfigMap>[]): string[] {
  return changes.map(({ type, object: { metadata } }) => `${type} ${metadata.name} ${metadata.resourceVersion}`);
}

function names(objects: readonly Stored<ConfigMap>[]): string[] {
  return objects.map((one) => keyText(keyOf(one))).sort();
}

test("it says what changed, and nothing when nothing did", (t) => {
  const store = new Store<ConfigMap>();
  t.deepEqual(told(store.put(object("n/a", 1))), ["added a 1"]);
  t.deepEqual(told(store.put(object("n/a", 1))), []);
  t.deepEqual(told(store.put(object("n/a", 2))), ["changed a 2"]);
  t.deepEqual(told(store.remove(object("n/b", 3))), []);
  t.deepEqual(told(store.remove(object("n/a", 4))), ["deleted a 4"]);
  t.deepEqual(names(store.list()), []);
});

test("an object of the same name and another identity is another object", (t) => {
  const store = new Store<ConfigMap>();
  store.put(object("n/a", 1));
  const other = object("n/a", 2);
  t.deepEqual(told(store.put({ ...other, metadata: { ...other.metadata, uid: "second" } })), [
    "deleted a 1",
    "added a 2",
  ]);
});

test("a list replaces its namespace and no other", (t) => {
  const store = new Store<ConfigMap>();
  for (const name of ["n/a", "n/b", "m/a"]) store.put(object(name, 1));
  t.deepEqual(told(store.replace("n", [object("n/b", 1), object("n/c", 5)])), ["deleted a 1", "added c 5"]);
  t.deepEqual(names(store.list()), ["m/a", "n/b", "n/c"]);
  t.deepEqual(names(store.list("n")), ["n/b", "n/c"]);
  t.deepEqual(told(store.replace("", [])).sort(), ["deleted a 1", "deleted b 1", "deleted c 5"]);
});

test("lookups follow every change, also one that began when objects were there", (t) => {
  const store = new Store<ConfigMap>();
  store.put(object("n/a", 1, { x: "1" }));
  const byLabel = store.index(({ metadata }) => Object.values(metadata.labels ?? {}));
  store.put(object("n/b", 2, { x: "1", y: "2" }));
  t.deepEqual([names(byLabel("1")), names(byLabel("2")), names(byLabel("3"))], [["n/a", "n/b"], ["n/b"], []]);
  store.put(object("n/a", 3, { x: "2" }));
  t.deepEqual([names(byLabel("1")), names(byLabel("2"))], [["n/b"], ["n/a", "n/b"]]);
  store.replace("", [object("n/a", 3)]);
  t.deepEqual([names(byLabel("1")), names(byLabel("2"))], [[], ["n/a"]]);
});
