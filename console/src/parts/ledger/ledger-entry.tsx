import type { LedgerEntry } from '../../../../src/protocol/gen/admin-json.js';
import { BlockedIcon, EarnedIcon } from '../../ui/icons.js';
import { words } from '../../words/ledger-words.js';
import { useSession } from '../page/session-context.js';
import { causeText } from './cause-text.js';
import './ledger-entry.css';

/** What an entry of a ledger did: gave something, or took it away. */
export function LedgerKind({ kind = 'KIND_UNSPECIFIED' }: { readonly kind: LedgerEntry['kind'] | undefined }) {
  const taken = kind === 'KIND_REVOKED' || kind === 'KIND_RELOCKED';
  const Icon = taken ? BlockedIcon : EarnedIcon;
  return (
    <span className="ledger-what" data-taken={taken ? '' : undefined}>
      <Icon aria-hidden />
      {words.ledger.kinds[kind]}
    </span>
  );
}

/** Through what it came about, and why, where somebody said so. */
export function LedgerCause({ cause }: Pick<LedgerEntry, 'cause'>) {
  const session = useSession();
  if (cause === undefined) return null;
  return (
    <>
      {causeText(session, cause)}
      {cause.reason !== '' && <span className="soft"> “{cause.reason}”</span>}
    </>
  );
}
