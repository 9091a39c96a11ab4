import { Link } from '@tanstack/react-router';
import type { AuditEntry } from '../../../../src/protocol/gen/admin-json.js';
import { useSession } from '../../parts/page/session-context.js';
import { words } from '../../words/history-words.js';

/** Ways to all that an entry is about, each called as that is; the name alone of what is not to be seen. */
export function EntryWays({ entry }: { readonly entry: AuditEntry }) {
  const subjects = subjectsOf(entry);
  if (subjects.length === 0) return <bdi>{entry.target}</bdi>;
  return subjects.map((subject, i) => (
    <span key={subject.kind}>
      {i > 0 && ' · '}
      <Way subject={subject} />
    </span>
  ));
}

function Way({ subject: { kind, id } }: { readonly subject: Subject }) {
  const { operations } = useSession();
  const name = <bdi>{words.history.places[kind] ?? id}</bdi>;
  if (!operations.includes(NEEDED[kind])) return name;
  switch (kind) {
    case 'flag':
      return (
        <Link to="/flags/$key" params={{ key: id }}>
          {name}
        </Link>
      );
    case 'segment':
      return (
        <Link to="/segments/$key" params={{ key: id }}>
          {name}
        </Link>
      );
    case 'user':
      return (
        <Link to="/people/$id" params={{ id }} search={{}}>
          {name}
        </Link>
      );
    case 'organization':
      return (
        <Link to="/organizations/$id" params={{ id }} search={{}}>
          {name}
        </Link>
      );
    case 'stages':
      return (
        <Link to="/onboarding" search={{}}>
          {name}
        </Link>
      );
    case 'actions':
      return (
        <Link to="/actions" search={{}}>
          {name}
        </Link>
      );
    case 'webhook':
      return (
        <Link to="/settings" search={{ tab: 'webhooks', webhook: id }}>
          {name}
        </Link>
      );
    default:
      return (
        <Link to="/settings" search={{ tab: kind }}>
          {name}
        </Link>
      );
  }
}

type Kind =
  | 'flag'
  | 'segment'
  | 'user'
  | 'organization'
  | 'stages'
  | 'actions'
  | 'webhook'
  | 'tokens'
  | 'sessions'
  | 'dead-letters';

/** What one may call who sees such a thing. */
const NEEDED: Readonly<Record<Kind, string>> = {
  flag: 'GetFlag',
  segment: 'GetSegment',
  user: 'GetUser',
  organization: 'ListOrganizationFlags',
  stages: 'GetFunnel',
  actions: 'ListActions',
  webhook: 'ListWebhooks',
  tokens: 'ListTokens',
  sessions: 'ListTokens',
  'dead-letters': 'ListDeadLetters',
};

interface Subject {
  readonly kind: Kind;
  readonly id: string;
}

/** What entries are about, by what their actions begin with. */
const KINDS: Readonly<Record<string, Kind>> = {
  flag: 'flag',
  access: 'flag',
  unlock: 'flag',
  segment: 'segment',
  user: 'user',
  organization: 'organization',
  stages: 'stages',
  actions: 'actions',
  action: 'actions',
  total: 'actions',
  webhook: 'webhook',
  deliveries: 'webhook',
  token: 'tokens',
  session: 'sessions',
  'dead-letters': 'dead-letters',
};
/** Those after which there is nothing left to be seen. */
const GONE: ReadonlySet<string> = new Set(['segment.delete', 'user.delete', 'organization.delete', 'webhook.delete']);

/** What the history says in the place of the id of somebody who has been deleted since. */
const ERASED = '[erased]';

/** What an entry is about that can be looked at: of what was done about somebody's unlocks and totals those, too. */
function subjectsOf({ action, target, after }: AuditEntry): readonly Subject[] {
  const prefix = action.slice(0, action.indexOf('.'));
  const kind = action === 'backfill.start' ? 'flag' : KINDS[prefix];
  if (kind === undefined || GONE.has(action) || target === ERASED) return [];
  const own: Subject = { kind, id: target };
  if (prefix !== 'unlock' && prefix !== 'total') return [own];
  const { userId = '', organizationId = '' } = (after ?? {}) as { readonly [name: string]: string };
  if (userId === ERASED) return [own];
  if (userId !== '') return [own, { kind: 'user', id: userId }];
  return organizationId === '' ? [own] : [own, { kind: 'organization', id: organizationId }];
}
