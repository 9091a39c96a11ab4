import { Link } from '@tanstack/react-router';
import { apiUrl } from '../../api/api.js';
import { useMay } from '../../parts/page/session-context.js';
import { Snippet } from '../../ui/page-states.js';
import { words } from '../../words/today-words.js';

const TOKEN = '-H "authorization: Bearer $(cat data/admin-token)"';

/** In lines as somebody would write it. */
const FLAG = `{"name": "Advanced reports", "rules": [{
    "policy": "LATCHING",
    "conditions": {"all": [{
      "fact": "actionCount", "params": {"action": "report_created"},
      "operator": "greaterThanInclusive", "value": 10
    }]}
  }]}`;

/** What a deployment without any flag shows: the way to the first unlock. */
export function FirstSteps() {
  const { first: text } = words.today;
  const mayMake = useMay('SetFlag');
  const steps = [
    {
      ...text.make,
      snippet: curl('-X PATCH', '/api/admin/flags/advanced_reports', FLAG),
    },
    {
      ...text.ask,
      snippet: curl('', '/api/feature-flags/?user_id=ada'),
    },
    {
      ...text.tell,
      snippet: curl('', '/api/events', '{"id": "1", "user_id": "ada", "action": "report_created"}'),
    },
  ];
  return (
    <section className="today-first" aria-label={text.title}>
      <h2>{text.title}</h2>
      <p className="soft">{text.what}</p>
      <ol>
        {steps.map(({ title, what, snippet }) => (
          <li key={title}>
            <h3>{title}</h3>
            <p className="soft">{what}</p>
            <Snippet text={snippet} label={title} />
            {title === text.make.title && mayMake && (
              <Link to="/flags/new" search={{}}>
                {text.makeHere}
              </Link>
            )}
          </li>
        ))}
      </ol>
      <p className="soft">{text.demo}</p>
    </section>
  );
}

function curl(method: string, path: string, body?: string): string {
  const begin = `curl ${method} \\\n  '${apiUrl(path)}' \\\n  ${TOKEN}`.replace('curl  ', 'curl ');
  return body === undefined ? begin : `${begin} \\\n  -H "content-type: application/json" \\\n  -d '${body}'`;
}
