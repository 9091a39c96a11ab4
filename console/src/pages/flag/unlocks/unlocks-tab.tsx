import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { FeatureFlag, UserLedgerEntry } from '../../../../../src/protocol/gen/admin-json.js';
import { LedgerCause, LedgerKind } from '../../../parts/ledger/ledger-entry.js';
import { PlainTable } from '../../../parts/list/plain-table.js';
import { Failure } from '../../../parts/page/failure.js';
import { useMay } from '../../../parts/page/session-context.js';
import { Instant } from '../../../parts/time/instant.js';
import { Button } from '../../../ui/button.js';
import { EarnedIcon } from '../../../ui/icons.js';
import { Notice, Patiently, Skeleton } from '../../../ui/page-states.js';
import { words } from '../../../words/flag-access-words.js';
import { BackfillPanel } from './backfill-panel.js';
import type { ByHandKind } from './by-hand.js';
import { ByHandDialog } from './by-hand-dialog.js';
import { useFlagLedger } from './flag-ledger.js';
import '../../../parts/list/page-line.css';
import './unlocks-tab.css';

const OPERATIONS: Readonly<Record<ByHandKind, string>> = {
  grant: 'GrantUnlock',
  revoke: 'RevokeUnlock',
  rearm: 'RearmUnlock',
};

/** Who has unlocked a flag, as it comes in; what is given and taken by hand; and the backfills that write it down. */
export default function UnlocksTab({ flag }: { readonly flag: FeatureFlag }) {
  const { unlocks: said } = words.flagAccess;
  const [dialog, setDialog] = useState<ByHandKind>();
  const may = { grant: useMay(OPERATIONS.grant), revoke: useMay(OPERATIONS.revoke), rearm: useMay(OPERATIONS.rearm) };
  const mayList = useMay('ListFlagUnlocks');
  const mayBackfills = useMay('ListBackfills');
  return (
    <div className="unlocks-tab">
      <div className="page-line">
        <p className="page-what">{said.what}</p>
        <div className="unlocks-buttons">
          {(['grant', 'revoke', 'rearm'] as const)
            .filter((kind) => may[kind])
            .map((kind) => (
              <Button key={kind} onClick={() => setDialog(kind)}>
                {said[kind]}
              </Button>
            ))}
        </div>
      </div>
      {mayBackfills && <BackfillPanel flag={flag} whole />}
      {mayList && <Ledger flag={flag} />}
      {dialog !== undefined && <ByHandDialog kind={dialog} flag={flag} onClose={() => setDialog(undefined)} />}
    </div>
  );
}

/** The entries, newest first. While somebody points at them nothing moves: new ones are a number then. */
function Ledger({ flag }: { readonly flag: FeatureFlag }) {
  const { unlocks: said } = words.flagAccess;
  const { entries, fresh, hold, release, more, error, again } = useFlagLedger(flag.key);
  if (entries === undefined)
    return error === null ? (
      <Patiently>
        <Skeleton width="70%" />
      </Patiently>
    ) : (
      <Failure error={error} onAgain={again} />
    );
  if (entries.length === 0)
    return (
      <Notice icon={<EarnedIcon />} title={said.empty} role="status">
        <p>{said.emptyWhat}</p>
      </Notice>
    );
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: it only notices that somebody is at it
    <div className="ledger" onPointerEnter={hold} onPointerLeave={release} onFocus={hold} onBlur={release}>
      <div className="ledger-head">
        <h2>{said.table}</h2>
        {fresh > 0 ? (
          <Button kind="quiet" onClick={release}>
            {said.fresh(fresh)}
          </Button>
        ) : (
          <span className="soft">{said.live}</span>
        )}
      </div>
      <PlainTable
        name={said.table}
        columns={[
          { key: 'who', name: said.columns.who },
          { key: 'what', name: said.columns.what },
          { key: 'through', name: said.columns.through },
          { key: 'rule', name: said.columns.rule },
          { key: 'at', name: said.columns.at },
        ]}
        rows={entries.map(({ key, entry }) => ({ key, cells: cellsOf(entry, flag) }))}
      />
      {more !== undefined && (
        <div className="page-line">
          <Button onClick={more}>{said.more}</Button>
        </div>
      )}
    </div>
  );
}

function cellsOf({ user_id, organization_id, entry }: UserLedgerEntry, flag: FeatureFlag) {
  const { unlocks: said } = words.flagAccess;
  const { kind, rule_id = '', cause, recorded_at, earned_at } = entry ?? {};
  const rule = flag.rules.findIndex(({ id }) => id === rule_id);
  return {
    who:
      user_id === '' ? (
        <Link to="/organizations/$id" params={{ id: organization_id }} search={{}}>
          <bdi>{said.organization(organization_id)}</bdi>
        </Link>
      ) : (
        <Link to="/people/$id" params={{ id: user_id }} search={{ q: flag.key, flag: flag.key }}>
          <bdi>{user_id}</bdi>
        </Link>
      ),
    what: <LedgerKind kind={kind} />,
    through: <LedgerCause {...(cause === undefined ? {} : { cause })} />,
    rule: (
      <span className="soft">
        {rule_id === ''
          ? said.wholeFlag
          : rule < 0
            ? said.goneRule
            : flag.rules[rule]!.name || words.flag.rule(rule + 1)}
      </span>
    ),
    at: <Instant at={recorded_at ?? earned_at} />,
  };
}
