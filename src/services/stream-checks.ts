import type { OrganizationState } from '../core/organization-state.js';
import type { StateSource } from '../store/state-source.js';
import type { UserChannel } from './user-channel.js';

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
