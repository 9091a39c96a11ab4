import type { AuditEntry, LedgerEntry, Progress } from '../../../../src/protocol/gen/admin-json.js';
import type { Session } from '../../api/session.js';
import { causeText } from '../../parts/ledger/cause-text.js';
import { toldTo } from '../../parts/ledger/entry-text.js';
import { words } from '../../words/people-words.js';
import type { Kind } from './queries/person-search.js';

/** Something that happened about a person. */
export interface Happening {
  readonly key: string;
  readonly kind: Kind;
  /** RFC 3339. */
  readonly at: string;
  readonly text: string;
  /** Why, as somebody gave it. */
  readonly why: string;
  /** The flag that it is about. */
  readonly flag?: string;
  /** Of the ledger. */
  readonly ledger?: LedgerEntry['kind'];
}

export interface Told {
  /** To whom it is told. */
  readonly session: Session;
  readonly ledger: readonly LedgerEntry[];
  readonly progress: Progress | undefined;
  readonly audit: readonly AuditEntry[];
  /** Whether the audit goes on further back than what was fetched. */
  readonly moreAudit: boolean;
}

/**
 * What happened about a person, newest first. While there is older audit that was not fetched, nothing is told from before it, so that
 * what comes later never stands between what is there.
 */
export function timelineOf({ session, ledger, progress, audit, moreAudit }: Told): readonly Happening[] {
  const all = [
    ...ledger.map((entry, i) => ofLedger(session, entry, i)),
    ...(progress?.stages_reached ?? []).map(
      ({ stage, reached_at }): Happening => ({
        key: `stage ${stage}`,
        kind: 'stage',
        at: reached_at ?? '',
        text: words.person.timeline.stage(stage),
        why: '',
      }),
    ),
    // What was done by hand to the ledger stands there with its reason.
    ...audit.filter(({ action }) => !action.startsWith('unlock.')).map((entry) => ofAudit(session, entry)),
  ];
  const oldest = moreAudit ? Math.min(...audit.map(({ at }) => Date.parse(at ?? ''))) : Number.NEGATIVE_INFINITY;
  return all
    .map((happening, i) => ({ happening, i, ms: Date.parse(happening.at) }))
    .filter(({ ms }) => ms >= oldest)
    .toSorted((a, b) => b.ms - a.ms || b.i - a.i)
    .map(({ happening }) => happening);
}

function ofLedger(session: Session, entry: LedgerEntry, i: number): Happening {
  const { timeline } = words.person;
  const { flag_key, kind, cause } = entry;
  const flag = flag_key === '' ? timeline.goneFlag : flag_key;
  const through = cause === undefined ? '' : causeText(session, cause);
  return {
    key: `ledger ${i}`,
    kind: 'ledger',
    at: entry.recorded_at ?? entry.earned_at ?? '',
    text: [flag, words.ledger.kinds[kind], through].filter((text) => text !== '').join(' '),
    why: cause?.reason ?? '',
    ledger: kind,
    ...(flag_key === '' ? {} : { flag: flag_key }),
  };
}

function ofAudit(session: Session, entry: AuditEntry): Happening {
  const { id, at, comment } = entry;
  return { key: `audit ${id}`, kind: 'audit', at: at ?? '', text: toldTo(session, entry), why: comment };
}
