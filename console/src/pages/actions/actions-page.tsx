import { useQueryClient } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { Action } from '../../../../src/protocol/gen/admin-json.js';
import { call } from '../../api/api.js';
import { isAbsent } from '../../api/api-error.js';
import { ChangeDialog, Tick } from '../../parts/change-dialog.js';
import { isolated } from '../../parts/isolated.js';
import { More } from '../../parts/list/more.js';
import { usePaged } from '../../parts/list/paged.js';
import { PlainTable } from '../../parts/list/plain-table.js';
import { Missing } from '../../parts/missing/missing.js';
import { PageHead } from '../../parts/page/page-head.js';
import { useMay } from '../../parts/page/session-context.js';
import { Unanswered } from '../../parts/page/unanswered.js';
import { Button } from '../../ui/button.js';
import { TextField } from '../../ui/field.js';
import { AddIcon, BackIcon, OnboardingIcon } from '../../ui/icons.js';
import { Notice } from '../../ui/page-states.js';
import { tell } from '../../ui/toasts.js';
import { words } from '../../words/customers-words.js';
import { missingWords } from '../../words/missing-words.js';
import { RemoveAction } from './remove-action.js';
import { SourceVolumes, useAction, Volume } from './volume.js';
import '../../parts/list/page-line.css';

const route = getRouteApi('/actions');

/** What people do, as far as it is declared, and how often. */
export function ActionsPage() {
  const { actions: text } = words;
  const mayDeclare = useMay('DeclareActions');
  const mayRemove = useMay('DeleteAction');
  /** The name that a declaration begins with; undefined while none is made. */
  const [declaring, setDeclaring] = useState<string>();
  const [removed, setRemoved] = useState<Action>();
  const { data, error, refetch, ...pages } = usePaged(['actions', 'list'], (page_token, signal) =>
    call('GET /api/admin/actions', { query: { page_token, page_size: 25 }, signal }),
  );
  // The one that the address names stands first, on whatever page of the list it is.
  const { action: wanted = '' } = route.useSearch();
  const { data: sought, error: notSought } = useAction(wanted, wanted !== '');
  const first = sought?.declared;
  const listed = data?.pages.flatMap((page) => page.actions) ?? [];
  const actions = first === undefined ? listed : [first, ...listed.filter(({ name }) => name !== first.name)];
  const declare = mayDeclare && (
    <Button kind="primary" icon={<AddIcon aria-hidden />} onClick={() => setDeclaring('')}>
      {text.declare}
    </Button>
  );
  const body = () => {
    if (data === undefined) return <Unanswered error={error} onAgain={() => void refetch()} />;
    if (actions.length === 0)
      return (
        <Notice icon={<OnboardingIcon />} title={text.empty} actions={declare}>
          <p>{text.emptyWhat}</p>
        </Notice>
      );
    return (
      <PlainTable
        name={text.table}
        columns={[
          { key: 'action', name: text.columns.action },
          { key: 'volume', name: text.columns.volume },
          { key: 'how', name: text.columns.how },
          { key: 'who', name: text.columns.who },
          ...(mayRemove ? [{ key: 'actions', name: text.columns.actions, nameUnseen: true }] : []),
        ]}
        rows={actions.map((action) => ({ key: action.name, cells: cellsOf(action, () => setRemoved(action)) }))}
      />
    );
  };
  return (
    <>
      <div>
        <Link to="/onboarding" search={{}} className="page-back">
          <BackIcon aria-hidden />
          {text.back}
        </Link>
        <PageHead name={text.name} question={text.question}>
          {actions.length > 0 && declare}
        </PageHead>
      </div>
      <div className="page-body">
        {(isAbsent(notSought) || (sought !== undefined && first === undefined)) && (
          <Missing
            kind="action"
            id={wanted}
            make={
              <>
                {mayDeclare && (
                  <Button kind="primary" icon={<AddIcon aria-hidden />} onClick={() => setDeclaring(wanted)}>
                    {missingWords.make.action}
                  </Button>
                )}
                {sought !== undefined && sought.times > 0 && <Volume action={wanted} />}
              </>
            }
          />
        )}
        {body()}
        <More {...pages} />
      </div>
      {removed !== undefined && <RemoveAction action={removed} onClose={() => setRemoved(undefined)} />}
      {declaring !== undefined && <Declare nameAtFirst={declaring} onClose={() => setDeclaring(undefined)} />}
    </>
  );
}

function cellsOf({ name, client_trackable, derivation }: Action, onRemove: () => void) {
  const { actions: text } = words;
  return {
    action: <bdi>{name}</bdi>,
    volume: derivation === undefined ? <Volume action={name} /> : <SourceVolumes from={derivation.from} />,
    how:
      derivation === undefined ? (
        <span className="soft">{text.plain}</span>
      ) : (
        text.derived(derivation.from.map(isolated), derivation.sentence)
      ),
    who: derivation !== undefined ? text.nobody : client_trackable ? text.people : text.machines,
    actions: (
      <div className="row-actions">
        <Button kind="quiet" aria-label={text.removeOf(name)} onClick={onRemove}>
          {text.remove}
        </Button>
      </div>
    ),
  };
}

/** Declares an action that services and people send. Derived ones are declared by the API, where their conditions are written. */
function Declare({ nameAtFirst, onClose }: { readonly nameAtFirst: string; readonly onClose: () => void }) {
  const { actions: text } = words;
  const [name, setName] = useState(nameAtFirst);
  const [trackable, setTrackable] = useState(false);
  const queries = useQueryClient();
  return (
    <ChangeDialog
      title={text.declaring}
      what={text.declaringWhat}
      does={text.save}
      disabled={name.trim() === ''}
      onDo={async (comment) => {
        await call('PATCH /api/admin/actions', {
          body: { actions: [{ name: name.trim(), client_trackable: trackable }], comment },
        });
        tell({ kind: 'done', title: text.saved(name.trim()) });
        await queries.invalidateQueries({ queryKey: ['actions'] });
      }}
      onClose={onClose}
    >
      <TextField
        label={text.actionName}
        value={name}
        required
        maxLength={128}
        autoComplete="off"
        spellCheck={false}
        onChange={({ target }) => setName(target.value)}
      />
      <Tick label={text.trackable} hint={text.trackableWhat} checked={trackable} onTick={setTrackable} />
    </ChangeDialog>
  );
}
