import { keyPath } from "../path.ts";
import type { Finding } from "../problem.ts";
import {
  MAIN_CONTAINER,
  RESERVED_CONTAINER_FIELDS,
  RESERVED_ENV_PREFIX,
  RESERVED_LABEL_PREFIX,
  RESERVED_VOLUME_PREFIX,
} from "../reserved.ts";
import { isPlainObject } from "../canonical-json.ts";
import { fieldOf, mappingsOf, textOf, type Draft } from "./draft.ts";

/** TemplateConflict: an overlay that would break what Troupe relies on in its pods. */
export function checkTemplates({ listedGroups, groupResources }: Draft): Finding[] {
  return [...listedGroups, ...groupResources].flatMap(({ settings, settingsPath }) =>
    checkTemplate(settings["template"], `${settingsPath}.template`),
  );
}

/** The conflicts of one overlay. */
export function checkTemplate(template: unknown, path: string): Finding[] {
  const spec = fieldOf(template, "spec");
  const specPath = `${path}.spec`;
  return [
    ...checkLabels(fieldOf(fieldOf(template, "metadata"), "labels"), `${path}.metadata.labels`),
    ...["containers", "initContainers"].flatMap((list) =>
      mappingsOf(fieldOf(spec, list), `${specPath}.${list}`).flatMap((item) => checkContainer(item.value, item.path)),
    ),
    ...mappingsOf(fieldOf(spec, "volumes"), `${specPath}.volumes`).flatMap((item) =>
      checkVolume(item.value, item.path),
    ),
  ];
}

function checkLabels(labels: unknown, path: string): Finding[] {
  if (!isPlainObject(labels)) return [];
  return Object.keys(labels)
    .filter((label) => label.startsWith(RESERVED_LABEL_PREFIX))
    .map((label) =>
      conflict(`The label ${label} selects the pods of a group`, "Use a label of your own.", keyPath(path, label)),
    );
}

function checkContainer(container: Record<string, unknown>, path: string): Finding[] {
  const env = mappingsOf(container["env"], `${path}.env`).filter((item) =>
    textOf(item.value["name"])?.startsWith(RESERVED_ENV_PREFIX),
  );
  const mounts = mappingsOf(container["volumeMounts"], `${path}.volumeMounts`).flatMap((item) =>
    checkVolume(item.value, item.path),
  );
  const fields =
    container["name"] === MAIN_CONTAINER
      ? RESERVED_CONTAINER_FIELDS.filter((field) => container[field] !== undefined)
      : [];
  return [
    ...env.map((item) =>
      conflict(
        `The variable ${textOf(item.value["name"]) ?? ""} belongs to Troupe`,
        "Use another name.",
        `${item.path}.name`,
      ),
    ),
    ...mounts,
    ...fields.map((field) => {
      const hint =
        field === "resources" ? "Use resources of the group." : "Remove it; it is set for every group alike.";
      return conflict(`${field} of the main container is managed`, hint, `${path}.${field}`);
    }),
  ];
}

function checkVolume(volume: Record<string, unknown>, path: string): Finding[] {
  const name = textOf(volume["name"]);
  if (name === null || !name.startsWith(RESERVED_VOLUME_PREFIX)) return [];
  return [conflict(`The volume ${name} belongs to Troupe`, "Use another name.", `${path}.name`)];
}

function conflict(message: string, hint: string, path: string): Finding {
  return { code: "TemplateConflict", message: `${message}, so a template cannot set it.`, hint, path };
}
