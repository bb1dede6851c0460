/** Most characters of the name of a pipeline or group. */
export const MAX_NAME_LENGTH = 40;
/** Most characters of the name of a Group resource that settles a group: both names and a hash of eight digits. */
export const MAX_RESOURCE_NAME_LENGTH = 2 * MAX_NAME_LENGTH + 10;
/** Most characters of the name or type of a module. */
export const MAX_MODULE_NAME_LENGTH = 128;
export const MAX_MODULES = 128;
export const MAX_DEPENDENCIES = 16;
export const MAX_GROUPS = 64;
/** Most bytes of all parameters of a pipeline together, shared ones and context included, as JSON in UTF-8. */
export const MAX_PARAMETERS_BYTES = 256 * 1024;
/** Most characters of a quantity that is a text. */
export const MAX_QUANTITY_LENGTH = 32;
