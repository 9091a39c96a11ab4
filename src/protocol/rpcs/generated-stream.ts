import { asLatchkeyError } from '../../calls/errors.js';
import type { CallContext, StreamMethod } from './method.js';

/**
 * Makes a server stream of what a use case yields. The next event is asked for when the reader has taken the one before. The
 * stream ends when the use case does, with its failure if it fails; the use case ends when the call's signal is aborted.
 */
export function generatedStream<Caller, Request, Event>(
  yieldEvents: (request: Request, call: CallContext<Caller>) => AsyncGenerator<Event>,
): StreamMethod<Caller, Request, Event> {
  return {
    async begin(request, call, out) {
      const events = yieldEvents(request, call);
      let resume = (): void => undefined;
      let closed = false;
      const pump = async (first: IteratorResult<Event>): Promise<void> => {
        for (let next = first; !next.done && !closed; next = await events.next()) {
          if (out.write(next.value)) continue;
          await new Promise<void>((resolve) => {
            resume = resolve;
          });
        }
        out.end(undefined);
      };
      // The first event is awaited here, so that a refusal comes before anything is sent.
      pump(await events.next()).catch((error: unknown) => out.end(asLatchkeyError(error)));
      return {
        writable: () => resume(),
        close: () => {
          closed = true;
          resume();
          void events.return(undefined);
        },
      };
    },
  };
}
