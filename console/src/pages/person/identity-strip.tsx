import type { ReactNode } from 'react';
import type { GetUserResponse } from '../../../../src/protocol/gen/admin-json.js';
import { Moment } from '../../parts/time/moment.js';
import { Skeleton } from '../../ui/page-states.js';
import { words } from '../../words/people-words.js';
import { isUnknown } from './queries/person-queries.js';

/** Who a person is, in a line of few words: what decisions read most. */
export function IdentityStrip({ person }: { readonly person: GetUserResponse | undefined }) {
  const { identity, unknown } = words.person;
  if (person === undefined)
    return (
      <div className="identity" aria-busy>
        <Skeleton width="420px" />
      </div>
    );
  const { user, progress, expected_organization_id } = person;
  if (isUnknown(person)) return <p className="identity identity-unknown">{unknown}</p>;
  const roles = user?.roles ?? [];
  const organization = user?.organization_id ?? '';
  return (
    <dl className="identity" aria-label={identity.label}>
      <Item name={identity.organization}>
        {organization !== '' ? (
          <bdi>{organization}</bdi>
        ) : expected_organization_id !== '' ? (
          `${identity.expected} ${expected_organization_id}`
        ) : (
          identity.none
        )}
      </Item>
      <Item name={identity.roles}>
        <bdi>{roles.length === 0 ? identity.none : roles.join(', ')}</bdi>
      </Item>
      <Item name={identity.stage}>
        {progress === undefined || progress.stage === '' ? (
          identity.none
        ) : (
          <>
            <bdi>{progress.stage}</bdi>{' '}
            {progress.updated_at !== undefined && (
              <span className="identity-since">
                {identity.since} <Moment at={progress.updated_at} />
              </span>
            )}
          </>
        )}
      </Item>
      {user?.joined_at !== undefined && (
        <Item name={identity.joined}>
          <Moment at={user.joined_at} />
        </Item>
      )}
      <Item name={identity.verified}>{user?.email_verified === true ? identity.yes : identity.no}</Item>
      {user !== undefined && user.time_zone !== '' && <Item name={identity.zone}>{user.time_zone}</Item>}
    </dl>
  );
}

function Item({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div className="identity-item">
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
