import { hash } from 'node:crypto';
import type { RevisionOf } from '../../notify/notifier.js';

/** Up to where a stream's reader has been told what happened: what a resume token stands for. */
export interface StreamPosition {
  /** The epoch that the other members belong to. */
  readonly epoch: string;
  /** The configuration's revision. */
  readonly configuration: number;
  /** The place in the outbox of the last change of this user that was told; 0 for none. */
  readonly outbox: number;
  /** Up to which instant, by the database's clock, it was told what time flipped, and which windows opened or closed. */
  readonly at: number;
  /** The {@link markOfOrganization} of the user's organization; '' for none. */
  readonly organization: string;
  /** Whose stream it is; '' for a stream of the configuration alone. */
  readonly userId: string;
}

const FORM = /^r1\.([\w-]{1,64})\.(-?\d{1,15})\.(\d{1,15})\.(\d{1,15})\.([\w-]*)\.([\w-]*)$/;

/** The token of a position. It is opaque to clients, and not signed: its bearer may be told everything after any position. */
export function encodeResumeToken({ epoch, configuration, outbox, at, organization, userId }: StreamPosition): string {
  return `r1.${epoch}.${configuration}.${outbox}.${at}.${organization}.${markOf(userId)}`;
}

/** The position that a token stands for; undefined for anything that is no token of a stream of this user. */
export function decodeResumeToken(token: string, userId: string): StreamPosition | undefined {
  const [, epoch, configuration, outbox, at, organization = '', mark] = FORM.exec(token) ?? [];
  if (epoch === undefined || mark !== markOf(userId)) return undefined;
  return { epoch, configuration: Number(configuration), outbox: Number(outbox), at: Number(at), organization, userId };
}

/** A text that differs when the user is in another organization, or the organization has been written. */
export function markOfOrganization(organization: RevisionOf | undefined): string {
  return organization === undefined ? '' : `${organization.revision}-${markOf(organization.id)}`;
}

/** A text that tells users apart without naming them: tokens stand in URLs, and one user's says nothing of another's. */
function markOf(userId: string): string {
  return userId === '' ? '' : hash('sha256', userId, 'base64url').slice(0, 12);
}
