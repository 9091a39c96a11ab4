import type { Version } from '../../../../src/protocol/gen/admin-json.js';
import { Button } from '../../ui/button.js';
import { DownIcon, UpIcon } from '../../ui/icons.js';
import { Patiently, Skeleton } from '../../ui/page-states.js';
import { words } from '../../words/versions-words.js';
import { actorTo } from '../ledger/entry-text.js';
import { usePaged } from '../list/paged.js';
import { Failure } from '../page/failure.js';
import { useSession } from '../page/session-context.js';
import { Moment } from '../time/moment.js';
import { VersionDetails } from './version-details.js';
import type { VersionSource } from './version-source.js';
import './versions.css';

/** Which version is open, and what it is held against, as the address has it. */
export interface VersionsSearch {
  readonly version?: number;
  readonly to?: number;
}

export interface VersionsProps extends VersionsSearch {
  readonly source: VersionSource;
  readonly onSearch: (search: VersionsSearch) => void;
  /** Takes the content of a version into a draft; where it is not given, nothing can be restored here. */
  readonly onRestore?: ((version: Version) => void) | undefined;
}

/** The versions of a thing, newest first, each to be opened: what it changed, or what has become of it since. */
export function Versions({ source, version: open, to, onSearch, onRestore }: VersionsProps) {
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = usePaged(
    [...source.queryKey, 'list'],
    source.list,
  );
  if (data === undefined)
    return error === null ? (
      <Patiently>
        <div className="versions" aria-hidden>
          {[70, 52, 64].map((width) => (
            <Skeleton key={width} width={`${width}%`} />
          ))}
        </div>
      </Patiently>
    ) : (
      <Failure error={error} onAgain={() => void refetch()} />
    );
  const versions = data.pages.flatMap((page) => page.versions);
  const now = versions[0]?.version ?? 0;
  const detailsOf = (version: number) => (
    <VersionDetails
      key={version}
      source={source}
      version={version}
      to={to}
      now={now}
      known={versions.map((each) => each.version)}
      onTo={(next) => onSearch({ version, ...(next === undefined ? {} : { to: next }) })}
      onRestore={onRestore}
    />
  );
  return (
    <>
      <p className="versions-what">{words.versions.what}</p>
      {open !== undefined && !versions.some(({ version }) => version === open) && (
        <section className="versions versions-linked" aria-label={words.versions.version(open)}>
          <h2>{words.versions.version(open)}</h2>
          {detailsOf(open)}
        </section>
      )}
      <ol className="versions" aria-label={words.versions.list}>
        {versions.map((each) => {
          const isOpen = each.version === open;
          return (
            <li key={each.version} data-open={isOpen ? '' : undefined}>
              <button
                type="button"
                className="version-head"
                aria-expanded={isOpen}
                onClick={() => onSearch(isOpen ? {} : { version: each.version })}
              >
                <VersionHead version={each} isNow={each.version === now} />
                {isOpen ? <UpIcon aria-hidden /> : <DownIcon aria-hidden />}
              </button>
              {isOpen && detailsOf(each.version)}
            </li>
          );
        })}
      </ol>
      <div className="versions-more">
        {hasNextPage ? (
          <Button disabled={isFetchingNextPage} onClick={() => void fetchNextPage()}>
            {words.versions.more}
          </Button>
        ) : (
          <p>{words.versions.end}</p>
        )}
      </div>
    </>
  );
}

function VersionHead({ version, isNow }: { readonly version: Version; readonly isNow: boolean }) {
  const { sentence, comment, at } = version;
  const session = useSession();
  return (
    <>
      <span className="version-number numbers">
        {words.versions.version(version.version)}
        {isNow && ' '}
        {isNow && <span className="version-now">{words.versions.now}</span>}
      </span>
      <span className="version-said">
        <bdi>{sentence}</bdi>
        {comment !== '' && (
          <span className="version-soft">
            <bdi>{words.versions.because(comment)}</bdi>
          </span>
        )}
        <span className="version-soft">
          <bdi>{words.versions.by(actorTo(session, version))}</bdi> · <Moment at={at} />
        </span>
      </span>
    </>
  );
}
