import type { Store, Transaction } from '../../store/store.js';

/** The revisions of some users and organizations, and of the configuration. */
export interface PresentRevisions {
  readonly configuration: number;
  readonly users: ReadonlyMap<string, number>;
  readonly organizations: ReadonlyMap<string, number>;
}

interface Named {
  readonly users: readonly string[];
  readonly organizations: readonly string[];
}

/**
 * What the database that takes writes holds now, which is all that was ever committed, unless it has lost some. A plain read may
 * come from a server that is behind. Rejects while no writes are taken.
 */
export async function presentRevisions(
  store: Pick<Store, 'checkWriting' | 'transaction'>,
  { users, organizations }: Named,
): Promise<PresentRevisions> {
  await store.checkWriting();
  return store.transaction(async (tx) => readRevisions(tx, { users, organizations }));
}

async function readRevisions(tx: Transaction, { users, organizations }: Named): Promise<PresentRevisions> {
  const [{ revision }, ofUsers, ofOrganizations] = await Promise.all([
    tx.configuration.confirmRevision(),
    users.length === 0 ? new Map<string, never>() : tx.users.read(users),
    organizations.length === 0 ? new Map<string, never>() : tx.organizations.read(organizations),
  ]);
  return { configuration: revision, users: revisionsOf(ofUsers), organizations: revisionsOf(ofOrganizations) };
}

function revisionsOf(states: ReadonlyMap<string, { readonly revision: number }>): ReadonlyMap<string, number> {
  return new Map([...states].map(([id, { revision }]) => [id, revision]));
}
