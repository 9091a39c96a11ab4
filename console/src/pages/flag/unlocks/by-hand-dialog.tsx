import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useEffect, useId, useRef, useState } from 'react';
import type { FeatureFlag } from '../../../../../src/protocol/gen/admin-json.js';
import { PeopleList } from '../../../parts/people-lines/people-list.js';
import { Button } from '../../../ui/button.js';
import { Dialog } from '../../../ui/dialog.js';
import { SelectField, TextField } from '../../../ui/field.js';
import { tell } from '../../../ui/toasts.js';
import { words } from '../../../words/flag-access-words.js';
import { type ByHandKind, doByHand, type HandFailure, type Whom } from './by-hand.js';

export interface ByHandDialogProps {
  readonly kind: ByHandKind;
  readonly flag: FeatureFlag;
  readonly onClose: () => void;
}

interface Left {
  readonly failures: readonly HandFailure[];
  readonly untried: readonly Whom[];
}

/** Gives a flag to many by hand, takes it away, or forgets what stands: each by a call of its own, and what is left is told and tried again. */
export function ByHandDialog({ kind, flag, onClose }: ByHandDialogProps) {
  const { unlocks: said } = words.flagAccess;
  const [whose, setWhose] = useState<'people' | 'organization'>('people');
  const [people, setPeople] = useState<readonly string[]>([]);
  const [organization, setOrganization] = useState('');
  const [rule, setRule] = useState('');
  const [reason, setReason] = useState('');
  const [done, setDone] = useState<number>();
  const [left, setLeft] = useState<Left>();
  const [working, setWorking] = useState<readonly Whom[]>([]);
  const stop = useRef<AbortController>(null);
  // Nothing goes on that nobody sees and can stop.
  useEffect(() => () => stop.current?.abort(), []);
  const queries = useQueryClient();
  const form = useId();
  const earned = flag.rules.some(({ earned_by }) => earned_by === 'ORGANIZATION');
  const named: readonly Whom[] =
    whose === 'people'
      ? people.map((id): Whom => ({ kind: 'user', id }))
      : organization.trim() === ''
        ? []
        : [{ kind: 'organization', id: organization.trim() }];
  const whom = left === undefined ? named : [...left.failures.map((each) => each.whom), ...left.untried];
  const running = done !== undefined;

  const run = async (): Promise<void> => {
    stop.current = new AbortController();
    setWorking(whom);
    setDone(0);
    const { signal } = stop.current;
    const options = { kind, flag: flag.key, rule, reason: reason.trim(), whom, signal, onProgress: setDone };
    const { changed, same, failures, untried } = await doByHand(options);
    setDone(undefined);
    await Promise.all(
      [['unlocks', flag.key], ['user'], ['organizations'], ['try']].map((queryKey) =>
        queries.invalidateQueries({ queryKey }),
      ),
    );
    if (changed + same > 0) {
      const what = same === 0 ? {} : { what: said.same(same) };
      tell({ kind: 'done', title: said.done[kind](changed, flag.key), ...what });
    }
    if (failures.length + untried.length === 0) onClose();
    else setLeft({ failures, untried });
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    run().catch((error: unknown) => tell({ kind: 'failed', title: words.states.failed, what: String(error) }));
  };
  const close = () => {
    if (running) stop.current?.abort();
    else onClose();
  };
  return (
    <Dialog
      open
      wide
      mode="alert"
      onClose={close}
      title={said.titles[kind](flag.key)}
      what={said.whats[kind]}
      actions={
        <>
          <Button onClick={close}>{running ? words.flagAccess.rows.stop : words.dialog.cancel}</Button>
          <Button
            kind={kind === 'revoke' ? 'danger' : 'primary'}
            type="submit"
            form={form}
            disabled={running || whom.length === 0 || reason.trim() === ''}
          >
            {left === undefined ? said.does[kind](whom.length) : said.again}
          </Button>
        </>
      }
    >
      <form id={form} className="by-hand" onSubmit={submit}>
        {left === undefined && !running && (
          <>
            <div className="by-hand-fields">
              {earned && (
                <SelectField
                  label={said.whose}
                  value={whose}
                  options={Object.entries(said.whoses).map(([value, label]) => ({ value, label }))}
                  onChoose={(value) => {
                    setWhose(value as 'people' | 'organization');
                    // It may be one of those that only the others earn.
                    setRule('');
                  }}
                />
              )}
              {flag.rules.length > 0 && (
                <SelectField
                  label={said.rule}
                  value={rule}
                  options={[
                    { value: '', label: said.wholeFlag },
                    ...flag.rules
                      .filter(({ earned_by }) => whose === 'people' || earned_by === 'ORGANIZATION')
                      .map(({ id, name }) => ({
                        value: id,
                        label: name || words.flag.rule(flag.rules.findIndex((each) => each.id === id) + 1),
                      })),
                  ]}
                  onChoose={setRule}
                />
              )}
            </div>
            {whose === 'people' ? (
              <PeopleList onPeople={setPeople} />
            ) : (
              <TextField
                label={said.organizationField}
                hint={kind === 'grant' ? said.organizationHint : said.organizationBarred}
                value={organization}
                maxLength={128}
                autoComplete="off"
                onChange={({ target }) => setOrganization(target.value)}
              />
            )}
          </>
        )}
        {left !== undefined && !running && <WhatIsLeft left={left} />}
        {running && (
          <div className="people-progress" role="status">
            <progress max={working.length} value={done} aria-label={said.titles[kind](flag.key)} />
            <span className="numbers">{said.working(done, working.length)}</span>
          </div>
        )}
        <TextField
          label={said.reason}
          hint={said.reasonHint}
          value={reason}
          maxLength={1_000}
          autoComplete="off"
          aria-required
          readOnly={running}
          onChange={({ target }) => setReason(target.value)}
        />
      </form>
    </Dialog>
  );
}

function WhatIsLeft({ left: { failures, untried } }: { readonly left: Left }) {
  const { unlocks: said } = words.flagAccess;
  return (
    <div role="alert">
      {failures.length > 0 && (
        <>
          <p>{said.failures(failures.length)}</p>
          <ul className="by-hand-failures">
            {failures.map(({ whom, error }) => (
              <li key={`${whom.kind} ${whom.id}`}>
                <bdi>{whom.id}</bdi>: {error instanceof Error ? error.message : String(error)}
              </li>
            ))}
          </ul>
        </>
      )}
      {untried.length > 0 && <p>{said.untried(untried.length)}</p>}
    </div>
  );
}
