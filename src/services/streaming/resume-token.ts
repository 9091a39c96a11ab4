import { hash } from 'node:crypto';
import type { RevisionOf } from '../../notify/notifier.js';

/** Up to where a stream has been told. */
export interface StreamPosition {
  /** The life of the data that positions belong to. */
  readonly epoch: string;
  /** The configuration's revision. */
  readonly configuration: number;
  /** The position in the outbox of the user's last change; of this user alone. */
  readonly outbox: number;
  /** The database's clock: windows that opened or closed until then have been told. */
  readonly at: number;
  /** The user's organization and its revision, as a mark to compare; '' for none. */
  readonly organization: string;
  /** '' for a stream of the configuration alone. */
  readonly userId: string;
}

const FORM = /^r1\.([\w-]{1,64})\.(-?\d{1,15})\.(\d{1,15})\.(\d{1,15})\.([\w-]*)\.([\w-]*)$/;

/** Opaque to clients; not signed, since it says only what its bearer, who may see it all, wants to be told again. */
export function encodeResumeToken({ epoch, configuration, outbox, at, organization, userId }: StreamPosition): string {
  return `r1.${epoch}.${configuration}.${outbox}.${at}.${organization}.${markOf(userId)}`;
}

/** undefined for anything that is no token of this user's streams: what happened since cannot be told. */
export function decodeResumeToken(token: string, userId: string): StreamPosition | undefined {
  const [, epoch, configuration, outbox, at, organization = '', mark] = FORM.exec(token) ?? [];
  if (epoch === undefined || mark !== markOf(userId)) return undefined;
  return { epoch, configuration: Number(configuration), outbox: Number(outbox), at: Number(at), organization, userId };
}

/** Says when an organization is another one, or has been written. */
export function markOfOrganization(organization: RevisionOf | undefined): string {
  return organization === undefined ? '' : `${organization.revision}-${markOf(organization.id)}`;
}

/** Positions of one user mean nothing for another; and no URL shall carry who it is. */
function markOf(userId: string): string {
  return userId === '' ? '' : hash('sha256', userId, 'base64url').slice(0, 12);
}
