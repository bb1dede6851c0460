export {
  INLINE_LIMIT,
  NULL_PAYLOAD,
  isInline,
  payloadSize,
  type BlobRef,
  type InlinePayload,
  type Payload,
  type PayloadKind,
  type StoredPayload,
} from "./payload.ts";
export {
  EnvelopeError,
  PayloadReader,
  PayloadWriter,
  type PreparedEnvelope,
  openEnvelope,
  type OpenedEnvelope,
  type PayloadSlot,
} from "./envelope.ts";
export type { Failure, FailureCode, FailureKind } from "./failure.ts";
export { Fields } from "./fields.ts";
export {
  COORDINATORS_SUBJECT,
  DOOR_OPERATIONS,
  LOAD_BUCKET,
  OWNER_BUCKET,
  REVISION_BUCKET,
  controlKey,
  currentRevisionKey,
  groupReportKey,
  inboxOf,
  loadKey,
  ownerKey,
  revisionKey,
  scopeKey,
  scopeOfKey,
  scopeOfStream,
  stallKey,
  streamsOf,
  subjectsOf,
  type DoorOperation,
  type Scope,
  type StreamNames,
  type Subjects,
} from "./subjects.ts";
export {
  PROTOCOL_VERSION,
  type Ack,
  type Beacon,
  type Beat,
  type Cancel,
  type Done,
  type DownBatch,
  type DownMessage,
  type Fail,
  type Gone,
  type HandBack,
  type Items,
  type Lease,
  type ModuleResult,
  type ModuleSpan,
  type Phase,
  type Progress,
  type Recall,
  type ReplicaState,
  type Results,
  type Run,
  type Speaker,
  type UpBatch,
  type UpMessage,
} from "./messages.ts";
export { POD_ENV } from "./pod-env.ts";
export { STREAM_REPLICAS_ENV, streamReplicasOf } from "./stream-replicas.ts";
export { decodeDown, decodeUp, encodeDown, encodeUp, parseSlot } from "./wire.ts";
export {
  BusTimeoutError,
  NoRespondersError,
  type Bus,
  type BusMessage,
  type BusStatus,
  type BusSubscription,
  type PublishOptions,
  type RequestOptions,
} from "./bus/port.ts";
export { connectBus, type ConnectOptions } from "./bus/nats.ts";
export { PortBus, serveBus } from "./bus/port-bus.ts";
export { waitForBus } from "./bus/wait.ts";
export { Histogram, metricsText, type MetricFamily, type Sample } from "./pod/metrics.ts";
export { processMetrics } from "./pod/process-metrics.ts";
export { waitsForNats } from "./pod/waits-for-nats.ts";
export { ConnectError } from "./bus/connect-error.ts";
export { startHealthServer, type HealthOptions, type HealthServer } from "./bus/health-server.ts";
export { BlobFolder } from "./bus/blob-folder.ts";
export { BlobError, blobIdOf, BlobStore, placeOf, type BlobPlace, type BlobTarget } from "./bus/blobs.ts";
export {
  JS_CODE,
  JetStreamError,
  JetStreamOffError,
  appendToStream,
  deleteStream,
  ensureStream,
  lastMessageAtLeader,
  lastMessageOf,
  listStreams,
  messageAt,
  purgeStream,
  subjectsIn,
  readStream,
  resizeStream,
  streamReplicas,
  streamState,
  type StoredMessage,
  type StreamSettings,
  type StreamState,
} from "./bus/jetstream.ts";
export {
  deleteRevision,
  ensureBuckets,
  onRevisionWritten,
  publishRevision,
  readCurrentRevision,
  readOwner,
  readRevision,
  writeOwner,
  type OwnerEntry,
  type JournalWitness,
  type OwnerLease,
} from "./bus/buckets.ts";
export { DEFAULT_CONTROL, parseControl, type PipelineControl } from "./control.ts";
export { readControl, writeControl } from "./bus/control.ts";
export { listKeys } from "./bus/keys.ts";
export {
  deletePipelineState,
  listPipelineStates,
  PipelineStateError,
  sweepPipelineStates,
} from "./bus/pipeline-state.ts";
export { watchGroups, watchPipelines, type PipelineWatchOptions } from "./bus/pipelines.ts";
export {
  hasGroup,
  project,
  projectControl,
  projectGroup,
  ProjectionConflictError,
  projectRevision,
  readGroupMark,
  readProjection,
  seenGroupMark,
  type Projected,
  type Projection,
  type Seen,
} from "./bus/projection.ts";
export {
  LOAD_REFRESH_MS,
  LOAD_UNKNOWN_MS,
  parseGroupReport,
  parsePipelineLoad,
  parseStall,
  type GroupLoad,
  type GroupReport,
  type JobCounts,
  type LoadView,
  type PipelineLoad,
  type ReplicaProblem,
  type ReplicaReport,
  type Stall,
} from "./load.ts";
export { watchLoad, writeGroupReport, writeLoad, writeStall, type LoadWatch } from "./bus/load.ts";
export type {
  ActorClaim,
  ActorFacts,
  ActorInfo,
  ActorOrder,
  ActorStatus,
  CodeRef,
  Death,
  DeathCode,
  ParentRef,
} from "./actors/actor.ts";
export {
  decodeAnswers,
  decodeCalls,
  encodeAnswers,
  encodeCalls,
  type AnswerBatch,
  type Call,
  type CallBatch,
  type CallFailure,
  type CallOutcome,
} from "./actors/calls.ts";
export {
  encodeJson,
  isBlobId,
  parseNews,
  parseNurseryBeat,
  parseNurseryOrders,
  parseRegistryReply,
  parseRegistryRequest,
  type ActorNews,
  type Ended,
  type News,
  type NurseryBeat,
  type NurseryOrder,
  type NurseryOrders,
  type RegistryErrorCode,
  type RegistryReply,
  type RegistryRequest,
  type Resident,
} from "./actors/registry-messages.ts";
export { HoldTeller } from "./bus/hold-teller.ts";
export { parseGroupMark, type GroupMark } from "./actors/group-mark.ts";
export { storedBy } from "./actors/stored-by.ts";
export { groupSubjectsOf, type GroupSubjects } from "./actors/subjects.ts";
