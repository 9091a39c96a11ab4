import { useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { type FormEvent, useRef, useState } from 'react';
import { call } from '../../api/api.js';
import { ApiError } from '../../api/api-error.js';
import { saveRequest } from '../../draft/flag/save-request.js';
import { faultOfKey } from '../../draft/flag-key.js';
import { draftOfForm, faultsOfNew, type NewFlag, withTyped } from '../../draft/new-flag.js';
import { useVocabulary } from '../../parts/conditions/use-vocabulary.js';
import { flagFaultPlace } from '../../parts/drafting/fault-place.js';
import { Refusal } from '../../parts/drafting/refusal.js';
import { useDebounced } from '../../parts/list/use-debounced.js';
import { PageHead } from '../../parts/page/page-head.js';
import { Refused } from '../../parts/page/refused.js';
import { useMayMakeFlags } from '../../parts/page/session-context.js';
import { useShortcuts } from '../../parts/page/shortcuts.js';
import { Button } from '../../ui/button.js';
import { TextField } from '../../ui/field.js';
import { BackIcon } from '../../ui/icons.js';
import { tell } from '../../ui/toasts.js';
import { words } from '../../words/new-flag-words.js';
import { KeyFields } from './key-fields.js';
import { type NewFlagSearch, stuckOf } from './new-flag-search.js';
import { Outcome } from './outcome.js';
import { useNewFlag } from './use-new-flag.js';
import { SwitchFields, WhoFields } from './who-fields.js';
import '../../parts/list/page-line.css';
import './new-flag.css';
import { useOneAtATime } from '../../parts/use-one-at-a-time.js';

const route = getRouteApi('/flags/new');

/** Makes a flag: its name, its key, and who should have it, with what that comes to before it is made. */
export function NewFlagPage() {
  const mayMake = useMayMakeFlags();
  const search = route.useSearch();
  return (
    <>
      <div>
        <Link to="/flags" search={{}} className="page-back">
          <BackIcon aria-hidden />
          {words.newFlag.back}
        </Link>
        <PageHead name={words.newFlag.title} question={words.newFlag.question} />
      </div>
      {mayMake ? (
        // Of another address it is another flag, with what was typed of it.
        <NewFlagForm key={JSON.stringify(search)} search={search} />
      ) : (
        <Refused />
      )}
    </>
  );
}

function NewFlagForm({ search }: { readonly search: NewFlagSearch }) {
  const navigate = route.useNavigate();
  const queries = useQueryClient();
  const { flag, begun, change, forget } = useNewFlag(search);
  const stuck = stuckOf(search);
  const [tried, setTried] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  const vocabulary = useVocabulary();
  const faults = faultsOfNew(flag);
  const isTaken = useTaken(flag.key);
  const ruleName = stuck === undefined ? '' : words.newFlag.stuckIn(stuck.days, stuck.stage).slice(0, 255);
  const draftOf = (form: NewFlag) => draftOfForm(form, stuck, form.who === 'stuck' ? ruleName : '');
  const make = useOneAtATime({
    mutationFn: async (form: NewFlag) => {
      const body = saveRequest(draftOf(form), { comment: flag.comment.trim(), on_rule_change: 'KEEP' });
      return await call('PATCH /api/admin/flags/{flag}/access', { path: { flag: flag.key }, body });
    },
    onSuccess: async () => {
      forget();
      tell({ kind: 'done', title: words.newFlag.made(flag.key) });
      void queries.invalidateQueries({ queryKey: ['flags'] });
      await navigate({
        to: '/flags/$key',
        params: { key: flag.key },
        search: flag.who === 'earned' ? { edit: true } : { tab: 'use' },
      });
    },
    onError: (error) => {
      if (isConflict(error)) focusFault(form.current);
    },
  });
  const submit = (event?: FormEvent) => {
    event?.preventDefault();
    setTried(true);
    const whole = withTyped(flag);
    change(whole);
    if (faultsOfNew(whole).length === 0 && !isTaken) make.mutate(whole);
    else focusFault(form.current);
  };
  useShortcuts([{ keys: 'Mod+s', what: words.newFlag.make, here: true, run: submit }]);
  // What was refused as taken is so until the key is another.
  const takenMeanwhile = isConflict(make.error);
  const shown = tried ? faults : [];
  return (
    <form ref={form} className="new-flag" noValidate onSubmit={submit}>
      <div className="new-flag-fields">
        <KeyFields
          flag={flag}
          nameMissing={shown.includes('name')}
          keyMissing={shown.includes('key')}
          taken={takenMeanwhile ? 'meanwhile' : isTaken ? 'before' : undefined}
          onChange={(fields) => {
            if (fields.key !== undefined && fields.key !== flag.key) make.reset();
            change(fields);
          }}
        />
        <WhoFields flag={flag} stuckIn={ruleName} vocabulary={vocabulary} faults={shown} onChange={change} />
        <SwitchFields active={flag.active} onChange={change} />
        <TextField
          label={words.newFlag.why}
          value={flag.comment}
          maxLength={1_000}
          autoComplete="off"
          onChange={({ target }) => change({ comment: target.value })}
        />
        {/* That the key is taken stands at the key. */}
        <Refusal error={make.error} placeOf={(pointer) => flagFaultPlace(draftOf(flag).now.flag, pointer)} />
        <div className="new-flag-foot">
          <Button kind="primary" type="submit" disabled={make.isPending}>
            {make.isPending ? words.newFlag.making : words.newFlag.make}
          </Button>
          {begun && (
            <Button
              kind="quiet"
              onClick={() => {
                forget();
                setTried(false);
                make.reset();
              }}
            >
              {words.newFlag.anew}
            </Button>
          )}
        </div>
      </div>
      <Outcome
        flag={flag}
        draft={draftOf(flag)}
        complete={!faults.some((fault) => fault !== 'name' && fault !== 'key')}
        free={faultOfKey(flag.key) === undefined && !isTaken && !takenMeanwhile}
      />
    </form>
  );
}

/** Whether there is a flag of this key already, as far as the first hundred that have it in theirs tell. The save knows for sure. */
function useTaken(key: string): boolean {
  const wanted = useDebounced(key);
  const { data } = useQuery({
    queryKey: ['flags', 'taken', wanted],
    queryFn: ({ signal }) => call('GET /api/admin/flags', { query: { q: wanted, page_size: 100 }, signal }),
    enabled: faultOfKey(wanted) === undefined,
  });
  return wanted === key && data?.flags.some((flag) => flag.key === key) === true;
}

function isConflict(error: unknown): boolean {
  return error instanceof ApiError && error.kind === 'conflict';
}

/** Leads to the first field with a fault, once it is there. */
function focusFault(form: HTMLFormElement | null): void {
  requestAnimationFrame(() => form?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus());
}
