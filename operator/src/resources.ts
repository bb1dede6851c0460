/** The two kinds of the project, as the API server has them. */
import type { GroupManifestSpec, GroupStatus, PipelineSpec, PipelineStatus } from "@troupe/model";
import { resource, type KubeObject } from "./kube/index.ts";

export interface PipelineObject extends KubeObject {
  readonly spec: PipelineSpec;
  readonly status?: PipelineStatus;
}

export interface GroupObject extends KubeObject {
  readonly spec: GroupManifestSpec;
  readonly status?: GroupStatus;
}

export const pipelines = resource<PipelineObject>({
  apiVersion: "troupe.dev/v1alpha1",
  kind: "Pipeline",
  plural: "pipelines",
  namespaced: true,
});

export const groups = resource<GroupObject>({
  apiVersion: "troupe.dev/v1alpha1",
  kind: "Group",
  plural: "groups",
  namespaced: true,
});
