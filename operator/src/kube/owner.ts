/** Who owns an object: what is deleted with it, and whose change is its change. */
import { type KubeObject, type ObjectKey, type OwnerReference, type Stored } from "./object.ts";
import { type ResourceNames } from "./resource.ts";

/** What a child carries, so that it goes when its owner goes. */
export function ownedBy(owner: Stored<KubeObject>): OwnerReference {
  const { apiVersion, kind, metadata } = owner;
  return { apiVersion, kind, name: metadata.name, uid: metadata.uid, controller: true, blockOwnerDeletion: true };
}

/** The reference to the one owner that controls it, if there is one. */
export function controllerOf({ metadata }: KubeObject): OwnerReference | undefined {
  return metadata.ownerReferences?.find(({ controller }) => controller === true);
}

/** For `controller.watch`: the owner of that kind that controls an object. Any version of the group counts. */
export function ownerKeys({ apiVersion, kind }: ResourceNames): (object: KubeObject) => readonly ObjectKey[] {
  const group = groupOf(apiVersion);
  return (object) => {
    const owner = controllerOf(object);
    if (owner?.kind !== kind || groupOf(owner.apiVersion) !== group) return [];
    return [{ namespace: object.metadata.namespace ?? "", name: owner.name }];
  };
}

function groupOf(apiVersion: string): string {
  return apiVersion.includes("/") ? apiVersion.slice(0, apiVersion.indexOf("/")) : "";
}
