import { Metadata, type status } from '@grpc/grpc-js';
import { REQUEST_ID_HEADER } from '../../calls/call-headers.js';
import { StaleVersion } from '../../calls/stale-version.js';
import { failureOf } from '../../protocol/messages/failure.js';
import { STATUS_DETAILS_KEY, versionConflictStatus } from '../../protocol/messages/version-conflict.js';

/** A failure in the form that grpc-js sends. */
export interface FailureStatus {
  readonly code: status;
  readonly details: string;
  readonly metadata: Metadata;
}

/** The status of a failed call, with the request id and, where there are any, details. */
export function failureStatus(error: unknown, requestId: string): FailureStatus {
  const metadata = new Metadata();
  metadata.set(REQUEST_ID_HEADER, requestId);
  const { code, details } = failureOf(error, requestId);
  if (error instanceof StaleVersion) metadata.set(STATUS_DETAILS_KEY, versionConflictStatus(code, details, error));
  return { code, details, metadata };
}
