import { useQueryClient } from '@tanstack/react-query';
import { Link, Outlet, useLocation, useMatches, useRouter } from '@tanstack/react-router';
import { type ReactNode, Suspense, useEffect, useRef, useState } from 'react';
import { askBeforeClosing } from '../../api/closing.js';
import { followLive } from '../../api/live.js';
import { keepQueriesLive } from '../../api/live-queries.js';
import { viewedOrganization } from '../../api/view-as.js';
import { keepsDrafts } from '../../parts/drafting/draft-store.js';
import { later, untilHad } from '../../parts/loading/later.js';
import { Optional } from '../../parts/loading/optional.js';
import { usePresentInSight } from '../../parts/page/present-in-sight.js';
import { useMay, useMayMakeFlags, useSession } from '../../parts/page/session-context.js';
import { useShortcuts } from '../../parts/page/shortcuts.js';
import { areTimesExact, chooseExactTimes } from '../../parts/time/exact-times.js';
import { FindIcon } from '../../ui/icons.js';
import mark from '../../ui/latchkey.svg';
import { Coming } from '../../ui/page-states.js';
import { words } from '../../words/words.js';
import { answerForDrafts, leave, losesDrafts } from '../session/sign-out.js';
import { AwayBar } from './away-bar.js';
import { environmentHue } from './environment.js';
import { LiveDot } from './live-dot.js';
import { PAGES, standsAt } from './navigation.js';
import { NOTHING_TYPED, typedAhead } from './palette/typed-ahead.js';
import './shell.css';

// What nobody needs at first sight comes after it.
const Palette = later(() => import('./palette/palette.js'));
const SwitchByKey = later(() => import('../../parts/switching/switch-by-key.js'));
const AccountPanel = later(() => import('../session/account-panel.js'));
const ShortcutsDialog = later(() => import('./shortcuts-dialog.js'));
const SignOutDialog = later(() => import('../session/sign-out-dialog.js'));
const ViewBar = later(() => import('./view-bar.js'));
const ToastRegion = later(() => untilHad(() => import('../../ui/toast-region.js')));

/** The frame of all pages: the rail, the top bar, and what opens over the page from anywhere. */
export function Shell(): ReactNode {
  const [open, setOpen] = useState<'palette' | 'account' | 'shortcuts' | 'sign-out' | Switching>();
  const typed = useRef<ReturnType<typeof typedAhead>>(undefined);
  const takeTyped = () => {
    const { current } = typed;
    typed.current = undefined;
    return current?.take() ?? NOTHING_TYPED;
  };
  const close = () => {
    // Where it is closed before its field had the focus, keys are the page's again at once.
    takeTyped();
    setOpen(undefined);
  };
  const find = () => {
    if (open === 'palette') return;
    takeTyped();
    typed.current = typedAhead(close);
    setOpen('palette');
  };
  const account = useRef<HTMLButtonElement>(null);
  const idle = useIdle();
  useLive();
  useDraftsInMind();
  const queries = useQueryClient();
  const signOut = () => void losesDrafts().then((loses) => (loses ? setOpen('sign-out') : leave(queries)));
  const router = useRouter();
  const pages = useVisiblePages();
  const mayMake = useMayMakeFlags();
  const present = useMatches({ select: (matches) => matches.at(-1)?.fullPath ?? '' });
  const rail = usePresentInSight(useLocation().pathname);
  useShortcuts([
    { keys: 'Mod+k', what: words.shortcuts.find, run: find },
    { keys: '?', what: words.shortcuts.help, run: () => setOpen('shortcuts') },
    { keys: 'z', command: true, what: words.shortcuts.times, run: () => chooseExactTimes(!areTimesExact()) },
    ...(mayMake
      ? [{ keys: 'c', what: words.shortcuts.newFlag, run: () => void router.navigate({ to: '/flags/new' }) }]
      : []),
    ...pages.map((page) => ({
      keys: `g ${page.key}`,
      what: words.shortcuts.go(page.words.name),
      run: () => void router.navigate({ to: page.path }),
    })),
  ]);
  return (
    <div className="shell">
      <button type="button" className="button button-primary skip unseen" onClick={skip}>
        {words.frame.skip}
      </button>
      <TopBar onFind={find} onAccount={() => setOpen('account')} account={account} />
      <nav className="rail" aria-label={words.frame.pages} ref={rail}>
        {pages.map((page) => (
          <Link
            key={page.path}
            to={page.path}
            search={{}}
            className="rail-link"
            activeOptions={ITSELF}
            aria-current={standsAt(page, present)}
          >
            <page.icon aria-hidden />
            {page.words.name}
          </Link>
        ))}
      </nav>
      <main id="content" className="content" tabIndex={-1}>
        {viewedOrganization() !== '' && (
          <Suspense fallback={<Coming />}>
            <ViewBar />
          </Suspense>
        )}
        <AwayBar />
        <Suspense fallback={<Coming />}>
          <Outlet />
        </Suspense>
      </main>
      <Optional key={typeof open === 'object' ? open.flag : open} onFailed={close}>
        {open === 'palette' && (
          <Palette
            takeTyped={takeTyped}
            pages={pages.map(({ path, words: { name }, icon, key }) => ({
              ...{ path, name, icon, keys: `g ${key}` },
              go: () => void router.navigate({ to: path, search: {} }),
            }))}
            onClose={close}
            onShortcuts={() => setOpen('shortcuts')}
            onSignOut={signOut}
            onSwitch={(flag, to) => setOpen({ flag, to })}
          />
        )}
        {open === 'account' && (
          <AccountPanel
            anchor={account.current}
            onClose={close}
            onShortcuts={() => setOpen('shortcuts')}
            onSignOut={signOut}
          />
        )}
        {open === 'shortcuts' && <ShortcutsDialog onClose={close} />}
        {typeof open === 'object' && <SwitchByKey {...open} onClose={close} />}
        {open === 'sign-out' && <SignOutDialog onClose={close} onSignOut={() => leave(queries)} />}
      </Optional>
      <Optional>{idle && <ToastRegion />}</Optional>
    </div>
  );
}

/** A flag that somebody has asked to switch, and whether it is to be on. */
interface Switching {
  readonly flag: string;
  readonly to: boolean;
}

/** A link of the rail leads to the page that it names, and to none below it. */
const ITSELF = { exact: true, includeSearch: false } as const;

interface TopBarProps {
  readonly onFind: () => void;
  readonly onAccount: () => void;
  readonly account: React.RefObject<HTMLButtonElement | null>;
}

function TopBar({ onFind, onAccount, account }: TopBarProps) {
  const { caller, environment } = useSession();
  return (
    <header className="top-bar" style={environment === '' ? undefined : { '--hue': environmentHue(environment) }}>
      <Link to="/" className="brand" aria-label={words.latchkey}>
        <img src={mark} alt="" width={26} height={26} />
        <span>{words.latchkey}</span>
      </Link>
      {environment !== '' && (
        <span className="environment" title={words.frame.environment(environment)}>
          <span className="unseen">{words.frame.environment('')}</span>
          {environment}
        </span>
      )}
      <button type="button" className="find" onClick={onFind} aria-keyshortcuts="Control+K">
        <FindIcon aria-hidden />
        <span>{words.frame.find}</span>
        <kbd aria-hidden>{IS_MAC ? '⌘ K' : 'Ctrl K'}</kbd>
      </button>
      <LiveDot />
      <button
        ref={account}
        type="button"
        className="account"
        onClick={onAccount}
        aria-haspopup="dialog"
        aria-label={words.frame.account(caller.name)}
        title={words.frame.account(caller.name)}
      >
        {[...caller.name][0]?.toUpperCase()}
      </button>
    </header>
  );
}

const IS_MAC = /Mac|iPhone|iPad/.test(navigator.userAgent);

/** Has the page follow what happens, where who is signed in may. The stream tells them what is theirs: in a view it would tell too much. */
function useLive(): void {
  const queries = useQueryClient();
  const may = useMay('WatchAdmin');
  useEffect(() => {
    if (!may || viewedOrganization() !== '') return undefined;
    const ends = [keepQueriesLive(queries), followLive()];
    return () => {
      for (const end of ends) end();
    };
  }, [may, queries]);
}

/** Has drafts not be lost without a word: the browser asks before it closes a tab that keeps one, and tabs that sign out hear of it. */
function useDraftsInMind(): void {
  useEffect(() => {
    const ends = [askBeforeClosing(keepsDrafts), answerForDrafts()];
    return () => {
      for (const end of ends) end();
    };
  }, []);
}

/** The pages that who is signed in may see. */
function useVisiblePages() {
  const { operations } = useSession();
  return PAGES.filter(({ operation }) => operations.includes(operation));
}

/** A link to a part of the page would lead to another page, since the page has a base. */
function skip(): void {
  document.getElementById('content')?.focus();
}

/** How often in a row nothing must be under way before what opens by a key is loaded, 300 ms apart: a page that has just come asks at once. */
const QUIET = 2;

/** True once the page is there with what it asks for; what opens by a key is loaded by then, too. */
function useIdle(): boolean {
  const [idle, setIdle] = useState(false);
  const queries = useQueryClient();
  const router = useRouter();
  useEffect(() => {
    let quiet = 0;
    const timer = setInterval(() => {
      quiet = queries.isFetching() > 0 || router.state.status !== 'idle' ? 0 : quiet + 1;
      if (quiet < QUIET) return;
      clearInterval(timer);
      setIdle(true);
      for (const { preload } of [Palette, AccountPanel]) void preload();
    }, 300);
    return () => clearInterval(timer);
  }, [queries, router]);
  return idle;
}
