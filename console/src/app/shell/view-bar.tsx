import { leaveView, viewedOrganization } from '../../api/view-as.js';
import { Button } from '../../ui/button.js';
import { PersonIcon } from '../../ui/icons.js';
import { viewWords as text } from '../../words/session-words.js';

/** Says, at the top of every page, as whose administrator the console is looked at. */
export default function ViewBar() {
  return (
    <section className="away-bar view-bar" aria-label={text.label}>
      <PersonIcon aria-hidden />
      <strong>
        {text.viewing} <bdi>{viewedOrganization()}</bdi>
      </strong>
      <span>{text.what}</span>
      <Button onClick={leaveView}>{text.leave}</Button>
    </section>
  );
}
