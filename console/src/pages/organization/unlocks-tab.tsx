import { useState } from 'react';
import type { Unlock } from '../../../../src/protocol/gen/admin-json.js';
import { RuleName } from '../../parts/ledger/rule-name.js';
import { PlainTable } from '../../parts/list/plain-table.js';
import { useMay } from '../../parts/page/session-context.js';
import { Unanswered } from '../../parts/page/unanswered.js';
import { Instant } from '../../parts/time/instant.js';
import { Button } from '../../ui/button.js';
import { AddIcon, EarnedIcon } from '../../ui/icons.js';
import { Notice } from '../../ui/page-states.js';
import { words } from '../../words/customers-words.js';
import type { ByHandKind } from '../flag/unlocks/by-hand.js';
import { GrantDialog, useUnlockName } from './features/grant-dialog.js';
import { FlagName } from './flag-name.js';
import { OrganizationLedger } from './organization-ledger.js';
import { useOrganization } from './use-organization.js';

interface Asked {
  readonly kind: ByHandKind;
  /** What is taken away, or may be earned again; undefined where something new is granted. */
  readonly unlock?: Unlock;
}

/** What is unlocked for all members of an organization, how it came about, and giving and taking it by hand. */
export default function UnlocksTab({ id }: { readonly id: string }) {
  const { unlocks: text } = words.organization;
  const { data, error, known, again } = useOrganization(id);
  const [asked, setAsked] = useState<Asked>();
  const may = { grant: useMay('GrantUnlock'), revoke: useMay('RevokeUnlock'), rearm: useMay('RearmUnlock') };
  if (!known) return <Unanswered error={error} onAgain={again} />;
  const unlocks = data?.unlocks ?? [];
  const grant = may.grant && (
    <Button className="push" icon={<AddIcon aria-hidden />} onClick={() => setAsked({ kind: 'grant' })}>
      {text.grant}
    </Button>
  );
  return (
    <>
      {unlocks.length === 0 ? (
        <Notice icon={<EarnedIcon />} title={text.empty} actions={grant}>
          <p>{text.emptyWhat}</p>
        </Notice>
      ) : (
        <>
          <div className="page-line">
            <p className="page-what">{text.what}</p>
            {grant}
          </div>
          <PlainTable
            name={text.table}
            columns={[
              { key: 'flag', name: text.columns.flag },
              { key: 'of', name: text.columns.of },
              { key: 'state', name: text.columns.state },
              { key: 'at', name: text.columns.at },
              ...(may.revoke || may.rearm ? [{ key: 'actions', name: text.columns.actions, nameUnseen: true }] : []),
            ]}
            rows={unlocks.map((unlock) => ({
              key: `${unlock.flag_id} ${unlock.rule_id}`,
              cells: {
                flag: <FlagName {...unlock} />,
                of: (
                  <span className="soft">
                    {unlock.rule_id === '' ? text.whole : <RuleName flag={unlock.flag_key} rule={unlock.rule_id} />}
                  </span>
                ),
                state: text.states[unlock.state],
                at: <Instant at={unlock.earned_at} />,
                actions: unlock.flag_key !== '' && (
                  <Actions
                    unlock={unlock}
                    kinds={(['revoke', 'rearm'] as const).filter(
                      (kind) => may[kind] && !(kind === 'revoke' && unlock.state === 'STATE_REVOKED'),
                    )}
                    onAsk={(kind) => setAsked({ kind, unlock })}
                  />
                ),
              },
            }))}
          />
        </>
      )}
      <OrganizationLedger id={id} />
      {asked !== undefined && <GrantDialog id={id} {...asked} onClose={() => setAsked(undefined)} />}
    </>
  );
}

interface ActionsProps {
  readonly unlock: Unlock;
  readonly kinds: readonly ('revoke' | 'rearm')[];
  readonly onAsk: (kind: ByHandKind) => void;
}

function Actions({ unlock, kinds, onAsk }: ActionsProps) {
  const { unlocks: text } = words.organization;
  const name = useUnlockName(unlock);
  return (
    <div className="row-actions">
      {kinds.map((kind) => (
        <Button key={kind} kind="quiet" aria-label={text.shortOf(text.short[kind], name)} onClick={() => onAsk(kind)}>
          {text.short[kind]}
        </Button>
      ))}
    </div>
  );
}
