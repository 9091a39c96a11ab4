import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Token } from '../../../../../src/protocol/gen/admin-json.js';
import { call } from '../../../api/api.js';
import { serverNow } from '../../../api/server-clock.js';
import { ChangeDialog, type Run, Tick } from '../../../parts/change-dialog.js';
import { isolated } from '../../../parts/isolated.js';
import { FilterField } from '../../../parts/list/filter-field.js';
import { More } from '../../../parts/list/more.js';
import { usePaged } from '../../../parts/list/paged.js';
import { PlainTable } from '../../../parts/list/plain-table.js';
import { useMay, useSession } from '../../../parts/page/session-context.js';
import { Unanswered } from '../../../parts/page/unanswered.js';
import { Instant } from '../../../parts/time/instant.js';
import { useNow } from '../../../parts/time/now.js';
import { Button } from '../../../ui/button.js';
import { FindIcon, PersonIcon, SignOutIcon } from '../../../ui/icons.js';
import { Notice } from '../../../ui/page-states.js';
import { tell } from '../../../ui/toasts.js';
import { settingsWords } from '../../../words/settings-words.js';
import { useSettings } from '../listing/use-settings.js';

const text = settingsWords.sessions;

/** Who is signed in to this console: everybody, with their own session first. */
export default function SessionsTab() {
  const { search, set } = useSettings('sessions');
  const { caller, session: own } = useSession();
  const mayEnd = useMay('RevokeToken');
  const [asked, setAsked] = useState<Token | 'others'>();
  const { data, error, refetch, ...pages } = usePaged(['tokens', 'sessions'], (page_token, signal) =>
    call('GET /api/admin/tokens', { query: { sessions: true, page_token, page_size: 500 }, signal }),
  );
  const now = useNow().getTime();
  if (data === undefined) return <Unanswered error={error} onAgain={() => void refetch()} />;
  const { q = '' } = search;
  const present = data.pages.flatMap(({ tokens }) => tokens).filter((token) => isPresent(token, now));
  const others = present.filter(({ id }) => id !== own?.id);
  const shown = [...present.filter(({ id }) => id === own?.id), ...others].filter((session) =>
    [nameOf(session), session.id, session.parent_id, session.organization_id].some((part) =>
      part.toLowerCase().includes(q.toLowerCase()),
    ),
  );
  const close = () => setAsked(undefined);
  return (
    <>
      <search className="page-line">
        <FilterField
          label={text.filter}
          placeholder={text.filterWhat}
          icon={<FindIcon aria-hidden />}
          value={q}
          onFilter={(next) => set({ q: next })}
        />
        {mayEnd && (others.length > 0 || pages.hasNextPage) && (
          <Button className="push" icon={<SignOutIcon aria-hidden />} onClick={() => setAsked('others')}>
            {text.endOthers}
          </Button>
        )}
      </search>
      {shown.length > 0 ? (
        <PlainTable
          name={text.table}
          columns={[
            { key: 'who', name: text.columns.who },
            { key: 'by', name: text.columns.by },
            { key: 'since', name: text.columns.since, whole: true },
            { key: 'used', name: text.columns.used, whole: true },
            { key: 'ends', name: text.columns.ends, whole: true },
            ...(mayEnd ? [{ key: 'actions', name: text.columns.actions, nameUnseen: true }] : []),
          ]}
          rows={shown.map((session) => ({
            key: session.id,
            cells: {
              who: (
                <span className="badges">
                  <bdi>{nameOf(session)}</bdi>
                  {session.id === own?.id && (
                    <span className="badge" data-tone="good">
                      {text.own}
                    </span>
                  )}
                  {session.organization_id !== '' && <span className="badge">{session.organization_id}</span>}
                </span>
              ),
              by: session.parent_id === '' ? text.byJwt : <code>{session.parent_id}</code>,
              since: <Instant at={session.created_at} />,
              used: <Instant at={session.last_used_at} />,
              ends: <Instant at={new Date(endOf(session)).toISOString()} />,
              actions: session.id !== own?.id && (
                <div className="row-actions">
                  <Button kind="quiet" aria-label={text.endOf(nameOf(session))} onClick={() => setAsked(session)}>
                    {text.end}
                  </Button>
                </div>
              ),
            },
          }))}
        />
      ) : (
        <Notice
          role="status"
          icon={<PersonIcon />}
          title={text.noMatch}
          actions={<Button onClick={() => set({ q: '' })}>{settingsWords.tokens.all}</Button>}
        />
      )}
      <p className="page-what">{text.what}</p>
      <More {...pages} />
      {asked === 'others' && <EndOthers caller={caller.id} own={own?.id} onClose={close} />}
      {asked !== undefined && asked !== 'others' && <EndSession session={asked} onClose={close} />}
    </>
  );
}

function isPresent(session: Token, nowMs: number): boolean {
  return session.revoked_at === undefined && endOf(session) > nowMs;
}

function nameOf({ name, user_id }: Token): string {
  return name === '' ? user_id : name;
}

function EndSession({ session, onClose }: { readonly session: Token; readonly onClose: () => void }) {
  const end = useEnd();
  return (
    <ChangeDialog
      danger
      title={text.ending(isolated(nameOf(session)))}
      what={text.endingWhat}
      does={text.end}
      onDo={async (comment) => {
        await end([session], comment);
        tell({ kind: 'done', title: text.ended(isolated(nameOf(session))) });
      }}
      onClose={onClose}
    />
  );
}

interface EndOthersProps {
  /** By which token, or as whom, the caller has signed in. */
  readonly caller: string;
  /** The session by which it is asked. */
  readonly own: string | undefined;
  readonly onClose: () => void;
}

/** Ends all sessions but the one by which it is asked, also those that the list does not show yet: the caller's own, or everybody's. */
function EndOthers({ caller, own, onClose }: EndOthersProps) {
  const [ticked, setTicked] = useState(false);
  const end = useEnd();
  // Of when this was opened: who signs in meanwhile is not meant, and what was ended goes on being counted.
  const { data, error } = useQuery({
    queryKey: ['sessions-to-end'],
    queryFn: ({ signal }) => otherSessions(own, signal),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    refetchOnWindowFocus: false,
  });
  const all = data ?? [];
  const mine = all.filter(({ parent_id, user_id }) => [parent_id, user_id].includes(caller));
  const everybody = ticked || mine.length === 0;
  const chosen = everybody ? all : mine;
  return (
    <ChangeDialog
      danger
      title={chosen.length === 0 ? text.endOthers : text.endingOthers(chosen.length)}
      what={text.endingWhat}
      does={text.endOthers}
      disabled={chosen.length === 0}
      onDo={async (comment, run) => {
        await end(chosen, comment, run);
        tell({ kind: 'done', title: text.endedOthers(chosen.length) });
      }}
      onClose={onClose}
    >
      {chosen.length === 0 && (
        <p role="status" className="consequences">
          {error?.message ?? (data === undefined ? text.countingOthers : text.noOthers)}
        </p>
      )}
      {mine.length > 0 && mine.length < all.length && (
        <Tick
          label={text.everybody(all.length - mine.length)}
          hint={text.everybodyWhat}
          checked={everybody}
          onTick={setTicked}
        />
      )}
    </ChangeDialog>
  );
}

/** All sessions that are not over, but the one that is `own`. */
async function otherSessions(own: string | undefined, signal: AbortSignal): Promise<readonly Token[]> {
  const found: Token[] = [];
  let page_token = '';
  do {
    const { tokens, next_page_token } = await call('GET /api/admin/tokens', {
      query: { sessions: true, page_token, page_size: 500 },
      signal,
    });
    found.push(...tokens.filter((token) => token.id !== own && isPresent(token, serverNow())));
    page_token = next_page_token;
  } while (page_token !== '');
  return found;
}

/** Ends sessions one after the other, and has the list asked again once, at the end. */
function useEnd() {
  const queries = useQueryClient();
  return async (sessions: readonly Token[], comment: string, run?: Run): Promise<void> => {
    try {
      run?.onProgress(0, sessions.length);
      for (const [at, { id }] of sessions.entries()) {
        if (run?.signal.aborted) return;
        await call('DELETE /api/admin/tokens/{token_id}', { path: { token_id: id }, query: { comment } });
        run?.onProgress(at + 1, sessions.length);
      }
    } finally {
      await queries.invalidateQueries({ queryKey: ['tokens', 'sessions'] });
    }
  };
}

/** For how long a session may stay unused, as the server has it. */
const IDLE_MS = 12 * 60 * 60_000;

/** When a session is over if it is not used again, in epoch milliseconds. */
function endOf({
  created_at,
  last_used_at,
  expires_at,
}: Pick<Token, 'created_at' | 'last_used_at' | 'expires_at'>): number {
  const used = Date.parse(last_used_at ?? created_at ?? '');
  const expires = expires_at === undefined ? Number.POSITIVE_INFINITY : Date.parse(expires_at);
  return Math.min(Number.isNaN(used) ? Number.POSITIVE_INFINITY : used + IDLE_MS, expires);
}
