export { defineAggregate, defineModule, type AggregateFunctions } from "./define-module.ts";
export { decodeValue, encodeValue, type EncodedValue } from "./encode-value.ts";
export { failureKindOf, ResultNotEncodable, RetryableError, TerminalError } from "./errors.ts";
export { defineInterface, type Interface } from "./interface.ts";
export {
  Aggregate,
  isAggregateClass,
  Module,
  type Acceptable,
  type ModuleClass,
  type ModuleInstance,
} from "./module.ts";
export {
  nameOf,
  register,
  registrationOf,
  RegistrationError,
  registrations,
  unregister,
  type RegisterOptions,
  type Registration,
} from "./registry.ts";
export { ResultSelectionError, ResultSet, type ResultEntry, type Selector } from "./result-set.ts";
export type { BootContext, Logger, ProcessContext, ResourceClaim, RunContext } from "./context.ts";
export { testModule, type TestModuleOptions, type TestModuleOutcome } from "./test-module.ts";
