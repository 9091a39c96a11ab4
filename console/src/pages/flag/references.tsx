import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { Reference } from '../../../../src/protocol/gen/admin-json.js';
import { call } from '../../api/api.js';
import { words } from '../../words/flag-parts-words.js';
import './references.css';

const MOST = 50;

/** What refers to a flag; asked again when any flag, segment or action changes. */
export function useReferences(flag: string, enabled: boolean) {
  return useQuery({
    queryKey: ['references', flag],
    queryFn: ({ signal }) =>
      call('GET /api/admin/flags/{flag}/references', { path: { flag }, query: { page_size: MOST }, signal }),
    enabled,
  });
}

export interface ReferencesProps {
  readonly references: readonly Reference[];
  readonly total: number;
}

/** The other things that depend on a flag: what would change with it. */
export function References({ references, total }: ReferencesProps) {
  const { references: text } = words.flagParts;
  return (
    <section className="references" aria-label={text.title}>
      <h2>{text.title}</h2>
      {total === 0 && <p className="field-hint">{text.nothing}</p>}
      <ul>
        {references.map((reference) => (
          <li key={`${reference.kind} ${reference.key} ${reference.pointer}`}>
            <Referring reference={reference} />
            <p>
              <bdi>{reference.sentence?.text ?? text.kinds[reference.kind]}</bdi>
              {reference.archived && ` (${text.archived})`}
            </p>
          </li>
        ))}
      </ul>
      {total > references.length && <p className="field-hint">{text.more(total - references.length)}</p>}
    </section>
  );
}

function Referring({ reference: { kind, key, name } }: { readonly reference: Reference }) {
  const shown = <bdi>{name === '' ? key : name}</bdi>;
  if (kind === 'PREREQUISITE' || kind === 'RULE')
    return (
      <Link to="/flags/$key" params={{ key }} search={{}}>
        {shown}
      </Link>
    );
  if (kind === 'SEGMENT')
    return (
      <Link to="/segments/$key" params={{ key }} search={{}}>
        {shown}
      </Link>
    );
  return (
    <strong>
      {shown} <small>{words.flagParts.references.kinds[kind]}</small>
    </strong>
  );
}
