import { Metadata, type status } from '@grpc/grpc-js';
import { REQUEST_ID_HEADER } from '../../calls/call-headers.js';
import { failureOf } from '../../protocol/messages/failure.js';
import { STATUS_DETAILS_KEY, statusDetails } from '../../protocol/messages/status-details.js';

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
  const failure = failureOf(error, requestId);
  metadata.set(STATUS_DETAILS_KEY, statusDetails(error, failure, requestId));
  return { ...failure, metadata };
}
