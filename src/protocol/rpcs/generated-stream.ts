import { asLatchkeyError } from '../../calls/errors.js';
import type { CallContext, StreamMethod } from './method.js';

/**
 * A server stream of what a use case yields: asked for no faster than the reader takes it, begun anew for no one, and ended
 * with the use case, its failure included. The use case stops by the call's signal.
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
      // What is refused is refused before anything is sent.
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
