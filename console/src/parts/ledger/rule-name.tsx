import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { call } from '../../api/api.js';
import { words } from '../../words/ledger-words.js';
import { useMay } from '../page/session-context.js';
import { withLocalInstants } from '../time/instant.js';

export interface RuleNameProps {
  /** '' where the flag is gone. */
  readonly flag: string;
  readonly rule: string;
  /** Whether it is told whom the rule is for, too. */
  readonly whole?: boolean;
}

/** A rule of a flag as the flag's page calls it, with the way there. */
export function RuleName({ flag, rule, whole = false }: RuleNameProps) {
  const { name, sentence } = useRule(flag, rule);
  if (sentence === undefined) return <bdi>{name}</bdi>;
  return (
    <>
      <Link to="/flags/$key" params={{ key: flag }} search={{}}>
        <bdi>{name}</bdi>
      </Link>
      {whole && sentence !== '' && <>: {withLocalInstants(sentence)}</>}
    </>
  );
}

interface KnownRule {
  /** Its name, else its place. Whoever may not read the flag, or it is gone, is told no more than that it is a rule. */
  readonly name: string;
  /** Whom it is for; undefined of one that is gone, or not known. */
  readonly sentence: string | undefined;
}

/** What a rule that stands in a ledger is called. */
export function useRule(flag: string, rule: string): KnownRule {
  const { rule: said } = words.ledger;
  const known = useMay('GetFlag') && flag !== '' && rule !== '';
  const { data } = useQuery({
    queryKey: ['flag', flag],
    queryFn: ({ signal }) => call('GET /api/admin/flags/{flag}', { path: { flag }, signal }),
    enabled: known,
  });
  const rules = known ? data?.flag?.rules : flag === '' ? [] : undefined;
  if (rules === undefined) return { name: said.some, sentence: undefined };
  const at = rules.findIndex(({ id }) => id === rule);
  const found = rules[at];
  return found === undefined
    ? { name: said.gone, sentence: undefined }
    : { name: found.name || said.at(at + 1), sentence: found.sentence };
}
