/** What a running program has loaded, as /proc/self/maps tells it. */
export interface Libraries {
  /** The dynamic loader itself; null: the program is linked statically. */
  readonly loader: string | null;
  readonly libraries: readonly string[];
}

/** `ld-linux-x86-64.so.2`, `ld-linux-aarch64.so.1`, `ld-musl-x86_64.so.1`; older ones have a version: `ld-2.31.so`. */
const LOADER = /\/ld-[^/]*\.so(\.\d+)*$/;
const LIBRARY = /\.so(\.\d+)*$/;

export function librariesOf(maps: string): Libraries {
  const paths = new Set(maps.split("\n").flatMap((line) => /\s(\/\S+)$/.exec(line)?.[1] ?? []));
  const loaded = [...paths].filter((path) => LIBRARY.test(path));
  return {
    loader: loaded.find((path) => LOADER.test(path)) ?? null,
    libraries: loaded.filter((path) => !LOADER.test(path)),
  };
}

/** The name that a program asks its loader for: `libstdc++.so.6` is what `libstdc++.so.6.0.30` is asked for as. */
export function sonameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1).replace(/(\.so\.\d+)\..*$/, "$1");
}
