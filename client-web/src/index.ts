export type {
  Activity,
  ActivityKind,
  ActivityOptions,
  ActivityPage,
  KnownActivityKind,
} from "./account/activity.js";
export type {
  AccessTokenOptions,
  Cancellable,
  Claviger,
  ClavigerOptions,
  Credentials,
  NewPasskey,
  PasskeySignIn,
  PasskeySignUp,
  PasswordChange,
  RecoveryMeans,
  RecoveryPasskey,
  RecoveryPassword,
  Registration,
  SignedIn,
} from "./claviger.js";
export { createClaviger } from "./create-claviger.js";
export {
  type GetInvitationResponse,
  type GetServerInfoResponse,
  type PasswordPolicy,
  RegistrationPolicy,
} from "./gen/claviger/v1/auth_service_pb.js";
export type { StartRecoveryResponse } from "./gen/claviger/v1/recovery_service_pb.js";
export {
  type Account,
  ActivityActor,
  type Passkey,
  PasskeyDeviceType,
  type Session,
  SignInMethod,
} from "./gen/claviger/v1/resources_pb.js";
export type { Failure, FailureKind, FieldProblem } from "./outcome/failure.js";
export type { Failed, Outcome } from "./outcome/outcome.js";
export type { Capabilities } from "./passkeys/capabilities.js";
export type { SessionEvent, SessionState } from "./session/current-session.js";
export type { TokenStorage } from "./session/token-storage.js";
