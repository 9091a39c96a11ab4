import { useState } from 'react';
import type { DeadLetter } from '../../../../../src/protocol/gen/admin-json.js';
import { call } from '../../../api/api.js';
import { FilterField } from '../../../parts/list/filter-field.js';
import { More } from '../../../parts/list/more.js';
import { usePaged } from '../../../parts/list/paged.js';
import { PlainTable } from '../../../parts/list/plain-table.js';
import { useMay } from '../../../parts/page/session-context.js';
import { Unanswered } from '../../../parts/page/unanswered.js';
import { Instant } from '../../../parts/time/instant.js';
import { Button } from '../../../ui/button.js';
import { Dialog } from '../../../ui/dialog.js';
import { Select } from '../../../ui/field.js';
import { AgainIcon, DoneIcon, FindIcon, RemoveIcon } from '../../../ui/icons.js';
import { Notice, Snippet } from '../../../ui/page-states.js';
import { settingsWords } from '../../../words/settings-words.js';
import { words } from '../../../words/words.js';
import { useSettings } from '../listing/use-settings.js';
import { fits, kindOf, nameOf, reasonsOf } from './dead-letters.js';
import { DiscardLetters, ReplayLetters } from './letter-changes.js';
import '../webhooks/webhooks.css';

const text = settingsWords.letters;
/** Nothing tells of events that are put aside. */
const EVERY_MS = 15_000;

/** What is asked, and of which: what is put aside meanwhile is not meant. */
interface Asked {
  readonly does: 'replay' | 'discard';
  readonly letters: readonly DeadLetter[];
}

/** Events that could not be counted: why, and what may be done with them. */
export default function DeadLettersTab() {
  const { search, set } = useSettings('dead-letters');
  const mayReplay = useMay('ReplayDeadLetters');
  const mayDiscard = useMay('DiscardDeadLetters');
  const [asked, setAsked] = useState<Asked>();
  const [open, setOpen] = useState<DeadLetter>();
  const { data, error, refetch, ...pages } = usePaged(
    ['dead-letters'],
    (page_token, signal) => call('GET /api/admin/dead-letters', { query: { page_token, page_size: 200 }, signal }),
    true,
    () => EVERY_MS,
  );
  if (data === undefined) return <Unanswered error={error} onAgain={() => void refetch()} />;
  const all = data.pages.flatMap(({ dead_letters }) => dead_letters);
  const total = data.pages.at(-1)?.total ?? all.length;
  const filter = { q: search.q ?? '', kind: search.kind ?? '', reason: search.reason ?? '' };
  const shown = all.filter((letter) => fits(letter, filter));
  const reasons = reasonsOf(all);
  const ask = (does: Asked['does'], letters: readonly DeadLetter[]) => setAsked({ does, letters });
  const close = () => {
    setAsked(undefined);
    setOpen(undefined);
  };
  const list = () => (
    <>
      <p className="page-what">{text.what(total)}</p>
      <search className="page-line">
        <FilterField
          label={text.filter}
          placeholder={text.filterWhat}
          icon={<FindIcon aria-hidden />}
          value={filter.q}
          onFilter={(q) => set({ q })}
        />
        <Select
          label={text.kind}
          value={filter.kind}
          options={Object.entries(text.kinds).map(([value, label]) => ({ value: value === 'any' ? '' : value, label }))}
          onChoose={(kind) => set({ kind })}
        />
        <Select
          label={text.reason}
          value={filter.reason}
          options={[
            { value: '', label: text.anyReason },
            ...reasons.map(({ reason, count }) => ({ value: reason, label: text.reasonOf(reason, count) })),
            ...(filter.reason === '' || reasons.some(({ reason }) => reason === filter.reason)
              ? []
              : [{ value: filter.reason, label: filter.reason }]),
          ]}
          onChoose={(reason) => set({ reason })}
        />
        {mayReplay && shown.length > 0 && (
          <Button className="push" icon={<AgainIcon aria-hidden />} onClick={() => ask('replay', shown)}>
            {text.replayShown(shown.length)}
          </Button>
        )}
        {mayDiscard && shown.length > 0 && (
          <Button kind="quiet" icon={<RemoveIcon aria-hidden />} onClick={() => ask('discard', shown)}>
            {text.discardShown(shown.length)}
          </Button>
        )}
      </search>
      {shown.length > 0 ? (
        <PlainTable
          name={text.table}
          columns={[
            { key: 'event', name: text.columns.event },
            { key: 'who', name: text.columns.who },
            { key: 'why', name: text.columns.why },
            { key: 'received', name: text.columns.received, whole: true },
            { key: 'actions', name: text.columns.actions, nameUnseen: true },
          ]}
          rows={shown.map((letter) => ({ key: nameOf(letter), cells: cellsOf(letter, () => setOpen(letter)) }))}
        />
      ) : (
        <Notice
          role="status"
          icon={<FindIcon />}
          title={text.noMatch}
          actions={<Button onClick={() => set({ q: '', kind: '', reason: '' })}>{settingsWords.tokens.all}</Button>}
        />
      )}
      <More {...pages} what={text.older} />
    </>
  );
  // What is open stays so where the list becomes empty behind it.
  return (
    <>
      {all.length > 0 ? (
        list()
      ) : (
        <Notice icon={<DoneIcon />} title={text.empty}>
          <p>{text.emptyWhat}</p>
        </Notice>
      )}
      {open !== undefined && (
        <LetterDialog
          letter={open}
          onReplay={mayReplay ? () => ask('replay', [open]) : undefined}
          onDiscard={mayDiscard ? () => ask('discard', [open]) : undefined}
          onClose={() => setOpen(undefined)}
        />
      )}
      {asked?.does === 'replay' && <ReplayLetters letters={asked.letters} onClose={close} />}
      {asked?.does === 'discard' && <DiscardLetters letters={asked.letters} onClose={close} />}
    </>
  );
}

function cellsOf(letter: DeadLetter, onOpen: () => void) {
  const { event, reason, received_at } = letter;
  const action = event?.action === '' ? text.takesBack : event?.action;
  return {
    event: (
      <div className="webhook-name">
        <bdi>{action}</bdi>
        <code className="soft">{event?.id}</code>
      </div>
    ),
    who: (
      <div className="webhook-name">
        <bdi>{kindOf(letter) === 'user' ? event?.user_id : event?.organization_id}</bdi>
        <span className="soft">{text.kinds[kindOf(letter)]}</span>
      </div>
    ),
    why: reason,
    received: <Instant at={received_at} />,
    actions: (
      <div className="row-actions">
        <Button kind="quiet" aria-label={text.lookAt(event?.id ?? '')} onClick={onOpen}>
          {text.look}
        </Button>
      </div>
    ),
  };
}

interface LetterDialogProps {
  readonly letter: DeadLetter;
  readonly onReplay: (() => void) | undefined;
  readonly onDiscard: (() => void) | undefined;
  readonly onClose: () => void;
}

function LetterDialog({ letter, onReplay, onDiscard, onClose }: LetterDialogProps) {
  return (
    <Dialog
      open
      wide
      onClose={onClose}
      title={text.letter}
      what={<bdi className="said">{letter.reason}</bdi>}
      actions={
        <>
          <Button onClick={onClose}>{words.dialog.close}</Button>
          {onDiscard !== undefined && (
            <Button icon={<RemoveIcon aria-hidden />} onClick={onDiscard}>
              {text.discard}
            </Button>
          )}
          {onReplay !== undefined && (
            <Button kind="primary" icon={<AgainIcon aria-hidden />} onClick={onReplay}>
              {text.replay}
            </Button>
          )}
        </>
      }
    >
      <Snippet text={JSON.stringify(letter.event, undefined, 2)} label={text.payload} />
    </Dialog>
  );
}
