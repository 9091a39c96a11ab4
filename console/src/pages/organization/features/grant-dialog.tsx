import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useId, useState } from 'react';
import type { Unlock } from '../../../../../src/protocol/gen/admin-json.js';
import { call } from '../../../api/api.js';
import { ChangeDialog } from '../../../parts/change-dialog.js';
import { useVocabulary } from '../../../parts/conditions/use-vocabulary.js';
import { useRule } from '../../../parts/ledger/rule-name.js';
import { useDebounced } from '../../../parts/list/use-debounced.js';
import { SelectField, TextField } from '../../../ui/field.js';
import { tell } from '../../../ui/toasts.js';
import { words } from '../../../words/customers-words.js';
import { type ByHandKind, doOne } from '../../flag/unlocks/by-hand.js';

export interface GrantDialogProps {
  readonly id: string;
  readonly kind: ByHandKind;
  /** What it is about; undefined: that is asked for. */
  readonly unlock?: Unlock;
  readonly onClose: () => void;
}

/** Gives an organization a flag by hand, takes one away, or lets it earn one again; asks of what, and why. */
export function GrantDialog({ id, kind, unlock, onClose }: GrantDialogProps) {
  const { unlocks: text } = words.organization;
  const queries = useQueryClient();
  const [typed, setTyped] = useState('');
  const [rule, setRule] = useState('');
  const earned = useEarnedRules(typed.trim());
  const name = useUnlockName(unlock);
  const flag = unlock?.flag_key ?? typed.trim();
  const act = async (reason: string): Promise<void> => {
    const what = { flag, kind, rule: unlock?.rule_id ?? rule, reason };
    const changed = await doOne({ kind: 'organization', id }, what);
    tell({ kind: 'done', title: changed ? text.done[kind](flag) : text.same(flag) });
    await Promise.all(
      [['organizations', id], ['unlocks', flag], ['user'], ['try']].map((queryKey) =>
        queries.invalidateQueries({ queryKey }),
      ),
    );
  };
  return (
    <ChangeDialog
      title={unlock === undefined ? text.granting(id) : text.asks[kind](name)}
      what={text.whats[kind]}
      does={text.does[kind]}
      danger={kind === 'revoke'}
      disabled={flag === '' || (unlock === undefined && earned?.length === 0)}
      whyNeeded
      onDo={act}
      onClose={onClose}
    >
      {unlock === undefined && (
        <FlagField
          flag={typed}
          fault={earned?.length === 0 ? text.notEarned : undefined}
          onFlag={(next) => {
            setTyped(next);
            setRule('');
          }}
        />
      )}
      {earned !== undefined && earned.length > 0 && (
        <SelectField
          label={text.columns.of}
          value={rule}
          options={[{ value: '', label: text.whole }, ...earned]}
          onChoose={setRule}
        />
      )}
    </ChangeDialog>
  );
}

/** What an unlock is of, in a sentence. */
export function useUnlockName(unlock: Unlock | undefined): string {
  const { flag_key = '', rule_id = '' } = unlock ?? {};
  const { name } = useRule(flag_key, rule_id);
  return rule_id === '' ? flag_key : words.organization.unlocks.ruleOf(name, flag_key);
}

/** The rules of a flag that organizations earn; undefined as long as they are not known. */
function useEarnedRules(flag: string) {
  const asked = useDebounced(flag);
  const isFlag = useVocabulary()?.flags.some(({ key }) => key === asked) === true;
  const { data } = useQuery({
    queryKey: ['flag', asked],
    queryFn: ({ signal }) => call('GET /api/admin/flags/{flag}', { path: { flag: asked }, signal }),
    enabled: isFlag,
  });
  if (data?.flag?.key !== flag) return undefined;
  return data.flag.rules
    .map(({ id, name, earned_by }, at) => ({
      value: id,
      label: name || words.organization.unlocks.ruleAt(at + 1),
      earned_by,
    }))
    .filter(({ earned_by }) => earned_by === 'ORGANIZATION');
}

interface FlagFieldProps {
  readonly flag: string;
  readonly fault: string | undefined;
  readonly onFlag: (flag: string) => void;
}

/** A flag by its key, of those that there are. */
function FlagField({ flag, fault, onFlag }: FlagFieldProps) {
  const { unlocks: text } = words.organization;
  const list = useId();
  const vocabulary = useVocabulary();
  return (
    <>
      <TextField
        label={text.flag}
        hint={text.flagHint}
        fault={fault}
        value={flag}
        maxLength={128}
        list={list}
        autoComplete="off"
        spellCheck={false}
        onChange={({ target }) => onFlag(target.value)}
      />
      <datalist id={list}>
        {vocabulary?.flags.map(({ key, name }) => (
          <option key={key} value={key}>
            {name}
          </option>
        ))}
      </datalist>
    </>
  );
}
