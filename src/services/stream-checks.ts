import type { OrganizationState } from '../core/organization-state.js';
import type { StateSource } from '../store/state-source.js';
import type { TokenStore } from '../store/token-store.js';
import type { EventStream } from './event-stream.js';
import type { UserChannel } from './user-channel.js';

/** Ends the streams whose machine token was revoked or has expired: no stream outlives what it goes back to. */
export async function endUnauthenticated(
  streams: ReadonlySet<EventStream>,
  tokens: Pick<TokenStore, 'list'>,
  now: number,
): Promise<void> {
  const held = new Set([...streams].map(({ reader }) => reader.tokenId));
  held.delete('');
  if (held.size === 0) return;
  const over = new Set<string>();
  for (const { id, revokedAt, expiresAt = Infinity } of await tokens.list()) {
    if (held.has(id) && (revokedAt !== undefined || expiresAt <= now)) over.add(id);
  }
  if (over.size === 0) return;
  for (const stream of streams) if (over.has(stream.reader.tokenId)) stream.end('unauthenticated');
}

/** Finds the channels whose organization was written without a notice that got here. */
export async function lookAtOrganizations(
  channels: ReadonlyMap<string, UserChannel>,
  organizations: StateSource<OrganizationState>,
  look: (channel: UserChannel) => void,
): Promise<void> {
  const ids = new Set([...channels.values()].map(({ organizationId }) => organizationId));
  ids.delete('');
  if (ids.size === 0) return;
  const held = await organizations.load([...ids], {});
  for (const channel of channels.values()) {
    const organization = held.get(channel.organizationId)?.state;
    if (organization !== undefined && organization.revision !== channel.organizationRevision) look(channel);
  }
}
