/** A time as Kubernetes' MicroTime wants it: exactly six digits after the second. */
export function microTime(wallMs: number): string {
  return new Date(wallMs).toISOString().replace("Z", "000Z");
}
