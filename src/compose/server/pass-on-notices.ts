import type { Notice, Notifier, Unsubscribe } from '../../notify/notifier.js';
import type { Logger } from '../../observability/logger.js';
import type { Composed } from './services.js';
import type { StoreLink } from './store-link.js';

/** Passes notices, of other servers and of this one, to whatever holds what they are about. */
export function passOnNotices(
  notifier: Notifier,
  { services, states, notices, node }: Composed,
  link: StoreLink,
  logger: Logger,
): Promise<Unsubscribe> {
  const onNotice = (notice: Notice): void => {
    switch (notice.kind) {
      case 'configuration':
        services.keeper.noticed(notice.revision).catch((error: unknown) => {
          logger.warn({ err: error }, 'a new configuration could not be loaded; the next poll tries again');
        });
        break;
      case 'users':
        for (const { id, revision } of notice.users) {
          states.users.raise(id, revision);
          notices.raise(id);
        }
        services.streams.usersChanged(notice.users);
        break;
      case 'organizations':
        for (const { id, revision } of notice.organizations) states.organizations.raise(id, revision);
        services.streams.organizationsChanged(notice.organizations);
        break;
      case 'tokens':
        services.authentication.forget();
        services.readers.tokensChanged();
        link.save();
        break;
    }
  };
  return notifier.subscribe(onNotice, (state) => {
    node.notifier = state;
    states.connected(state === 'connected');
  });
}
