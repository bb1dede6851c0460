/** An error of another process, as the cause of one here: with the stack that it had there. */
export function farCause(message: string, stack: string): Error {
  const cause = new Error(message);
  cause.stack = stack;
  return cause;
}
