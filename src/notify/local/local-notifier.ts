import type { Notice, Notifier } from '../notifier.js';

/**
 * Opens the notifier of a single process: every listener has been called when publish() resolves, and the state is always
 * `connected`. A listener that throws is reported to `onError`, and the others are called all the same.
 */
export function openLocalNotifier(options: { readonly onError: (error: unknown) => void }): Notifier {
  const listeners = new Set<{ readonly tell: (notice: Notice) => void }>();
  return {
    publish: (notice) => {
      for (const listener of [...listeners]) {
        try {
          listener.tell(notice);
        } catch (error) {
          options.onError(error);
        }
      }
      return Promise.resolve();
    },
    subscribe: (tell, onState) => {
      const listener = { tell };
      listeners.add(listener);
      onState('connected');
      return Promise.resolve(() => {
        listeners.delete(listener);
        return Promise.resolve();
      });
    },
    close: () => {
      listeners.clear();
      return Promise.resolve();
    },
  };
}
