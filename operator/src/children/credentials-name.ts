import { hash8, type GroupName } from "./names.ts";

/** The Secret with a group's NATS credentials. Its Group owns it. */
export function credentialsSecretName({ pipeline, group }: GroupName): string {
  return `${pipeline === null ? "" : `${pipeline}-`}${group}-nats-${hash8([pipeline, group])}`;
}
