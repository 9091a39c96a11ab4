import { getRouteApi } from '@tanstack/react-router';
import { PlainTable } from '../../parts/list/plain-table.js';
import { Unanswered } from '../../parts/page/unanswered.js';
import { Select } from '../../ui/field.js';
import { words } from '../../words/customers-words.js';
import { WEEKS } from './onboarding-search.js';
import { useFunnel } from './use-funnel.js';

const route = getRouteApi('/onboarding');
const DEFAULT_WEEKS = 12;

/** How far those have come who joined in each of the last weeks. */
export default function ByWeek() {
  const { onboarding: text } = words;
  const { organization = '', weeks = DEFAULT_WEEKS } = route.useSearch();
  const navigate = route.useNavigate();
  const { data, error, refetch } = useFunnel(organization, weeks);
  const stages = data?.stages.filter(({ listed }) => listed).map(({ stage }) => stage) ?? [];
  return (
    <>
      <div className="page-line">
        <Select
          label={text.weeks}
          value={String(weeks)}
          options={WEEKS.map((n) => ({ value: String(n), label: text.lastWeeks(n) }))}
          onChoose={(next) =>
            void navigate({
              search: { tab: 'weeks', ...(organization === '' ? {} : { organization }), weeks: Number(next) },
              replace: true,
            })
          }
        />
        {organization !== '' && <span className="badge">{organization}</span>}
      </div>
      {data === undefined && <Unanswered error={error} onAgain={() => void refetch()} />}
      {data !== undefined && data.weeks.length === 0 && <p className="page-what">{text.nobodyWeeks}</p>}
      {data !== undefined && data.weeks.length > 0 && (
        <div className="wide-table">
          <PlainTable
            name={text.weekTable}
            columns={[
              { key: 'week', name: text.week },
              ...stages.map((name, at) => ({ key: String(at), name, numbers: true })),
            ]}
            rows={data.weeks.map(({ week, stages: of }) => ({
              key: week,
              cells: {
                week,
                ...Object.fromEntries(
                  stages.map((name, at) => [
                    String(at),
                    words.number(of.find(({ stage }) => stage === name)?.reached ?? 0),
                  ]),
                ),
              },
            }))}
          />
        </div>
      )}
    </>
  );
}
