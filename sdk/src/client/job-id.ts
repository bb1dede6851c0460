/** Ids of jobs: unique without asking anybody, so that a submission can be sent again. */
import { randomBytes } from "node:crypto";

const JOB_ID = /^[A-Za-z0-9_-]{1,64}$/;

/** Makes ids that share a random start of 72 bits and count up; cheap, and in order of submission for readers of logs. */
export function newJobIds(): () => string {
  // A letter first: an id that starts with "-" would look like an option to commands.
  const prefix = `j${randomBytes(9).toString("base64url")}`;
  let count = 0;
  return () => `${prefix}-${(count++).toString(36)}`;
}

export function isJobId(id: string): boolean {
  return JOB_ID.test(id);
}
