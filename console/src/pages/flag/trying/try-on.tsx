import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import type { TriedUser, TryFlagRequest } from '../../../../../src/protocol/gen/admin-json.js';
import { call } from '../../../api/api.js';
import { people } from '../../../api/outdated-by.js';
import type { FlagDraft } from '../../../draft/flag/flag-draft.js';
import { draftInput } from '../../../draft/flag/save-request.js';
import { isUnfinished } from '../../../draft/flag/unfinished.js';
import { useDebounced } from '../../../parts/list/use-debounced.js';
import { later } from '../../../parts/loading/later.js';
import { Optional } from '../../../parts/loading/optional.js';
import { withLocalInstants } from '../../../parts/time/instant.js';
import { Button, IconButton } from '../../../ui/button.js';
import { TextField } from '../../../ui/field.js';
import { CloseIcon, DoneIcon, OffIcon } from '../../../ui/icons.js';
import { words } from '../../../words/flag-words.js';
import { MOST_PINNED } from './pinned.js';

const TriedDialog = later(() => import('./tried-dialog.js'));

export interface TryOnProps {
  readonly draft: FlagDraft;
  /** The ids of the people on whom the draft is tried. */
  readonly pinned: readonly string[];
  readonly onPin: (ids: readonly string[]) => void;
}

/** What the draft comes to for a few people, while it is typed. */
export function TryOn({ draft, pinned, onPin }: TryOnProps) {
  const [id, setId] = useState('');
  const [open, setOpen] = useState<string>();
  const unfinished = isUnfinished(draft.now.flag);
  const body: TryFlagRequest = { ...draftInput(draft), contexts: pinned.map((user_id) => ({ user_id })) };
  const text = useDebounced(unfinished || pinned.length === 0 ? '' : JSON.stringify(body));
  const { data, error } = useQuery({
    queryKey: ['try', people(pinned), draft.base.key, draft.base.version, text],
    queryFn: ({ signal }) =>
      call('POST /api/admin/flags/{flag}/try', {
        path: { flag: draft.base.key },
        body: JSON.parse(text) as TryFlagRequest,
        signal,
      }),
    enabled: text !== '',
    placeholderData: keepPreviousData,
    retry: false,
  });
  const add = (event: FormEvent) => {
    event.preventDefault();
    const wanted = id.trim();
    if (wanted !== '') onPin([...new Set([...pinned, wanted])].slice(-MOST_PINNED));
    setId('');
  };
  const triedOf = (user: string) => data?.results.find((each) => each.user?.user_id === user);
  const shown = open === undefined ? undefined : triedOf(open);
  return (
    <section className="try-on" aria-label={words.flag.tryOn}>
      <h2>{words.flag.tryOn}</h2>
      <p className="field-hint">{words.flag.tryOnWhat}</p>
      <form className="try-add" data-own-undo onSubmit={add}>
        <TextField
          label={words.flag.tryPlaceholder}
          labelUnseen
          placeholder={words.flag.tryPlaceholder}
          value={id}
          maxLength={191}
          autoComplete="off"
          onChange={({ target }) => setId(target.value)}
        />
        <Button type="submit" disabled={id.trim() === ''}>
          {words.flag.addPerson}
        </Button>
      </form>
      {unfinished && pinned.length > 0 && <p className="field-hint">{words.flag.tryLater}</p>}
      {error !== null && !unfinished && pinned.length > 0 && <p className="field-fault">{error.message}</p>}
      <ul className="tried">
        {pinned.map((user) => (
          <Tried
            key={user}
            id={user}
            tried={triedOf(user)}
            onWhy={() => setOpen(user)}
            onUnpin={() => onPin(pinned.filter((each) => each !== user))}
          />
        ))}
      </ul>
      <Optional key={open} onFailed={() => setOpen(undefined)}>
        {open !== undefined && shown !== undefined && (
          <TriedDialog flag={draft.base.key} id={open} tried={shown} onClose={() => setOpen(undefined)} />
        )}
      </Optional>
    </section>
  );
}

interface TriedProps {
  readonly id: string;
  readonly tried: TriedUser | undefined;
  readonly onWhy: () => void;
  readonly onUnpin: () => void;
}

function Tried({ id, tried, onWhy, onUnpin }: TriedProps) {
  const on = tried?.after?.decision?.enabled === true;
  const flips = words.flag.flips(tried?.before?.decision?.enabled === true, on);
  const Icon = on ? DoneIcon : OffIcon;
  return (
    <li data-on={on ? '' : undefined}>
      <Icon aria-hidden />
      <div>
        <strong>
          <bdi>{id}</bdi>
        </strong>{' '}
        {tried !== undefined && <span>{on ? words.flag.onWord : words.flag.offWord}</span>}
        {flips !== '' && tried !== undefined && <span className="tried-flips">{flips}</span>}
        {tried !== undefined && (
          <p>
            {withLocalInstants(tried.after?.sentence ?? '')}
            {tried.user?.known === false && ` (${words.flag.unknownUser})`}{' '}
            <button type="button" className="tried-why" aria-label={words.flag.whyOf(id)} onClick={onWhy}>
              {words.flag.tell}
            </button>
          </p>
        )}
      </div>
      <IconButton label={words.flag.unpin(id)} icon={<CloseIcon aria-hidden />} onClick={onUnpin} />
    </li>
  );
}
