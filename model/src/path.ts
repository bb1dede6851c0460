/** Paths into a manifest, as people write them: `spec.modules[2].parameters["odd key"]`. */

const PLAIN_KEY = /^[A-Za-z_$][\w$/-]*$/;
const LAST_STEP = /(?:\.?[A-Za-z_$][\w$/-]*|\[\d+\]|\["(?:[^"\\]|\\.)*"\])$/;

export function keyPath(path: string, key: string): string {
  if (!PLAIN_KEY.test(key)) return `${path}[${JSON.stringify(key)}]`;
  return path === "" ? key : `${path}.${key}`;
}

export function itemPath(path: string, index: number): string {
  return `${path}[${String(index)}]`;
}

/** The path of what encloses it; null at the top. */
export function parentPath(path: string): string | null {
  return path === "" ? null : path.replace(LAST_STEP, "");
}
