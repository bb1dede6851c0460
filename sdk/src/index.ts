export type { ActorInfo, ActorStatus, DeathCode } from "@troupe/protocol";
export {
  actor,
  actorId,
  actorInfo,
  actorNamed,
  isActorHandle,
  kill,
  listActors,
  put,
  type KillOptions,
} from "./actors/actor.ts";
export { Actors, startActors } from "./actors/actors.ts";
export { callSignal } from "./actors/call-context.ts";
export {
  ActorAlreadyExistsError,
  ActorDiedError,
  ActorNotFoundError,
  ActorRefusedError,
  ActorUsageError,
  CallCancelledError,
  NotSendableError,
  PendingCallsLimitError,
} from "./actors/errors.ts";
export type { ActorHandle } from "./actors/handle.ts";
export type { ActorOptions } from "./actors/options.ts";
export { NoRegistryError } from "./actors/registry-client.ts";
export type { ActorSettings, StartedGroup } from "./actors/settings.ts";
export { SharedRef } from "./actors/shared.ts";
export { task, taskWith, type TaskOptions, type TaskPromise } from "./actors/task.ts";
export { TaskRunner } from "./actors/task-runner.ts";
export {
  Aggregate,
  decodeValue,
  defineAggregate,
  defineInterface,
  defineModule,
  encodeValue,
  failureKindOf,
  isAggregateClass,
  Module,
  nameOf,
  register,
  RegistrationError,
  registrationOf,
  registrations,
  ResultNotEncodable,
  ResultSelectionError,
  ResultSet,
  RetryableError,
  TerminalError,
  testModule,
  unregister,
  type Acceptable,
  type AggregateFunctions,
  type BootContext,
  type EncodedValue,
  type Interface,
  type Logger,
  type ModuleClass,
  type ModuleInstance,
  type ProcessContext,
  type RegisterOptions,
  type Registration,
  type ResourceClaim,
  type ResultEntry,
  type RunContext,
  type Selector,
  type TestModuleOptions,
  type TestModuleOutcome,
} from "./define/index.ts";
export type { Draft } from "./build/draft.ts";
export { InvalidPipelineError, StartedInHostError, StartError } from "./build/errors.ts";
export type { LocalEvent, LocalProcess, LocalSettings, LogLevel, LogLine } from "./build/local-settings.ts";
export type { FileOptions, GroupOptions, ModuleOptions, PipelineOptions } from "./build/options.ts";
export { isPipeline, Pipeline } from "./build/pipeline.ts";
export { RunningPipeline, type StartedSystem } from "./build/running.ts";
export type { StartOptions } from "./build/start.ts";
export { PipelineClient } from "./client/client.ts";
export { connect } from "./client/connect.ts";
export {
  ClientClosedError,
  InvalidInputError,
  JobCancelledError,
  JobFailedError,
  JobTimeoutError,
  NoCoordinatorError,
  RefusedError,
} from "./client/errors.ts";
export type { JobHandle } from "./client/handle.ts";
export type { Inputs } from "./client/many.ts";
export type { ConnectOptions, ManyOptions, RunOptions, StreamOptions } from "./client/options.ts";
export type {
  CancelledOutcome,
  DoneOutcome,
  FailedOutcome,
  IndexedOutcome,
  JobFailure,
  JobOutcome,
  JobResult,
  Span,
} from "./client/outcome.ts";
export type { JobStatus } from "./client/status.ts";
export {
  ActorPool,
  AlreadyInPoolError,
  NoMoreResultsError,
  PoolEmptyError,
  PoolTimeoutError,
  type MapOptions,
  type NextOptions,
  type PoolOptions,
} from "./pool/index.ts";
export {
  CheckpointMismatchError,
  chunk,
  ChunkElementError,
  Chunker,
  ChunkUsageError,
  LabelledActor,
  type ChunkActor,
  type ChunkerOptions,
  type ChunkFunction,
  type ChunkOptions,
  type ChunkParameters,
  type ChunkProgress,
  type ChunkResults,
  type GivenActors,
  type Label,
} from "./chunk/index.ts";
