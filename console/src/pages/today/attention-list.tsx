import { Link } from '@tanstack/react-router';
import type { Attention, AttentionTarget, GetOverviewResponse } from '../../../../src/protocol/gen/admin-json.js';
import { useMay } from '../../parts/page/session-context.js';
import { Moment } from '../../parts/time/moment.js';
import { DoneIcon, FailedIcon, TargetedIcon, WarnIcon } from '../../ui/icons.js';
import { words } from '../../words/today-words.js';

type Kind = Attention['kind'];

/** What stops something, and what is wrong for somebody; all else is to be tidied up. */
const STOPS: readonly Kind[] = [
  'ATTENTION_KIND_STORE_AWAY',
  'ATTENTION_KIND_NO_WORKER',
  'ATTENTION_KIND_FLAGS_BROKEN',
  'ATTENTION_KIND_EVENTS_LATE',
  'ATTENTION_KIND_TIMERS_LATE',
];
const TIDY: readonly Kind[] = [
  'ATTENTION_KIND_FLAGS_WITH_WARNINGS',
  'ATTENTION_KIND_FLAGS_ENDED',
  'ATTENTION_KIND_FLAGS_FOR_EVERYONE',
];

/** Where more is to be seen of what has no targets. */
const PLACES: Readonly<Partial<Record<Kind, 'dead-letters' | 'health'>>> = {
  ATTENTION_KIND_STORE_AWAY: 'health',
  ATTENTION_KIND_NO_WORKER: 'health',
  ATTENTION_KIND_DEAD_LETTERS: 'dead-letters',
};

/** Everything that needs somebody, what is most urgent first, each with what helps and a way there. */
export function AttentionList({ overview }: { readonly overview: GetOverviewResponse }) {
  const { attention: text } = words.today;
  const { attention, not_told, store_reachable } = overview;
  const topics = not_told.map((topic) => text.notTold[topic]);
  return (
    <section className="today-part" aria-label={text.title}>
      <header className="today-head">
        <h2>{text.title}</h2>
        {attention.length > 0 && <span className="soft numbers">{words.number(attention.length)}</span>}
      </header>
      {attention.length === 0 ? (
        <p className="today-card today-fine">
          <DoneIcon aria-hidden />
          {text.none}
        </p>
      ) : (
        <ul className="today-card today-attention">
          {attention.map((each) => (
            <Item key={each.kind} attention={each} />
          ))}
        </ul>
      )}
      {!store_reachable && <p className="soft">{text.notKnown}</p>}
      {topics.length > 0 && <p className="soft">{text.notToldOf(list.format(topics))}</p>}
    </section>
  );
}

const list = new Intl.ListFormat('en');

function Item({ attention: { kind, sentence, count, since, targets } }: { readonly attention: Attention }) {
  const { attention: text } = words.today;
  const [tone, Icon] = STOPS.includes(kind)
    ? (['stops', FailedIcon] as const)
    : TIDY.includes(kind)
      ? (['tidy', TargetedIcon] as const)
      : (['wrong', WarnIcon] as const);
  const place = PLACES[kind];
  return (
    <li data-tone={tone}>
      <Icon aria-hidden />
      <div>
        <p className="today-sentence">
          <bdi className="said">{sentence}</bdi>
          {since !== undefined && (
            <span className="soft">
              {' '}
              {text.since} <Moment at={since} />
            </span>
          )}
        </p>
        <p className="soft">
          {text.kinds[kind]}
          {place !== undefined && (
            <>
              {' '}
              <Link to="/settings" search={{ tab: place }}>
                {words.pages.settings.name}
              </Link>
            </>
          )}
        </p>
        {targets.length > 0 && (
          <ul className="today-targets">
            {targets.map((target) => (
              <Target key={`${target.kind} ${target.id}`} target={target} />
            ))}
            {count > targets.length && <li className="soft">{text.more(count - targets.length)}</li>}
          </ul>
        )}
      </div>
    </li>
  );
}

function Target({ target }: { readonly target: AttentionTarget }) {
  const { note } = target;
  return (
    <li data-noted={note === '' ? undefined : ''}>
      <Way target={target} />
      {note !== '' && (
        <span className="soft">
          <bdi>{note}</bdi>
        </span>
      )}
      {target.kind === 'unknown_flag' && <Make flagKey={target.id} />}
    </li>
  );
}

/** A flag of a key that clients ask for. */
function Make({ flagKey }: { readonly flagKey: string }) {
  const { make, makeIt } = words.today.attention;
  if (!useMay('SetFlag')) return null;
  return (
    <Link to="/flags/new" search={{ key: flagKey }} aria-label={makeIt(flagKey)}>
      {make}
    </Link>
  );
}

/** The way to a target; what has no page is named. */
function Way({ target: { kind, id } }: { readonly target: AttentionTarget }) {
  if (kind === 'flag')
    return (
      <Link to="/flags/$key" params={{ key: id }}>
        {id}
      </Link>
    );
  if (kind === 'user')
    return (
      <Link to="/people/$id" params={{ id }} search={{}}>
        <bdi>{id}</bdi>
      </Link>
    );
  const name = words.today.attention.targets[kind]?.(id) ?? id;
  if (kind === 'organization')
    return (
      <Link to="/organizations/$id" params={{ id }} search={{}}>
        <bdi>{name}</bdi>
      </Link>
    );
  if (kind === 'webhook')
    return (
      <Link to="/settings" search={{ tab: 'webhooks', webhook: id }}>
        <bdi>{name}</bdi>
      </Link>
    );
  if (kind === 'server' || kind === 'lane')
    return (
      <Link to="/settings" search={{ tab: 'health' }}>
        <bdi>{name}</bdi>
      </Link>
    );
  return kind === 'unknown_flag' ? <code>{id}</code> : <bdi>{name}</bdi>;
}
