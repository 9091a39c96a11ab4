import { actorOf, type Call, type Caller } from '../../calls/caller.js';
import { forbidden } from '../../calls/errors.js';
import { type From, networkOf } from '../../calls/limits/failed-authentications.js';
import { overridesIn, tokenOf } from '../../flagd/credentials.js';
import { type FlagdEvent, openFlagdEvents } from '../../flagd/events.js';
import { answerFlagd, FLAGD_SERVICES, type FlagdCall, type ResolveRequest } from '../../flagd/handlers.js';
import { readSelector, SELECTOR_HEADER } from '../../flagd/selector.js';
import type { Authenticator } from '../../identity/authenticator.js';
import { OVERRIDES_HEADER } from '../../identity/call-overrides.js';
import type { OpenFeatureResolver } from '../../openfeature/resolver.js';
import type { CallContext, StreamMethod, UnaryMethod } from '../../protocol/rpcs/method.js';
import type { ServiceSet } from '../../services/service-set.js';
import { GrpcServer } from '../grpc-server.js';
import { arrival, type GrpcDoor, type GrpcListenerOptions, openDoor, peers, serverOptions } from '../open-door.js';
import type { Door, Incoming } from '../wire/handler.js';
import { ObservedCall } from '../wire/observed-call.js';
import { decodeOf, serviceDescription } from './service-description.js';

export interface FlagdDoorOptions extends GrpcListenerOptions {
  readonly services: Pick<ServiceSet, 'streams' | 'keeper'>;
  readonly resolver: OpenFeatureResolver;
  /** Says who calls. */
  readonly authenticator: Authenticator;
  /** The machine token of callers that send none; undefined: they are refused. */
  readonly token: string | undefined;
}

/** Who calls, and which flags they chose. */
interface Asker {
  readonly caller: Caller;
  readonly tag: string | undefined;
  /** Whose calls it counts among: those who send no token of their own are counted by address. */
  readonly countedAs: string;
}

/** Serves flagd's evaluation protocol over gRPC. Rejects when the address cannot be listened on, and names it. */
export async function openFlagdDoor(options: FlagdDoorOptions): Promise<GrpcDoor> {
  const { services, resolver, address, rate, observer, callBegan } = options;
  const server = new GrpcServer(serverOptions(options));
  const door: Door<Asker> = {
    authenticate: (call) => askerOf(options, call, arrival(options, call)),
    ...peers(options),
    ...(rate && { limit: ({ countedAs }) => rate.take(countedAs) }),
    observer: {
      ...(callBegan && { callBegan }),
      callEnded: (call) => observer(new ObservedCall(call, call.caller?.caller)),
    },
  };
  for (const service of FLAGD_SERVICES) {
    const handlers: Record<string, unknown> = {};
    for (const method of service.methods) {
      const unary: UnaryMethod<Asker, ResolveRequest, unknown> = {
        decode: decodeOf<ResolveRequest>(method.input),
        handle: (request, context) => answerFlagd(resolver, method, request, flagdCall(context)),
      };
      const stream: StreamMethod<Asker, unknown, FlagdEvent> = {
        begin: (_request, context, out) => openFlagdEvents(services, flagdCall(context), out),
      };
      handlers[method.localName] = method.methodKind === 'unary' ? unary : stream;
    }
    server.serve(serviceDescription(service), handlers as never, door);
  }
  return openDoor(server, address);
}

/**
 * Who calls: by the first that there is of `authorization`, a token in the selector, and the listener's own token, with which nothing
 * can be done but to evaluate. Without any of them it is a visitor, where these are let in.
 */
function askerOf(
  { authenticator, token: own }: Pick<FlagdDoorOptions, 'authenticator' | 'token'>,
  call: Incoming,
  from: From,
): Asker | Promise<Asker> {
  const { tag, token: inSelector, ...selected } = readSelector(call.metadata.get(SELECTOR_HEADER)[0]?.toString());
  const given = tokenOf(call.metadata.get('authorization')[0], inSelector);
  const overrides = overridesIn(call.metadata.get(OVERRIDES_HEADER).map(String), selected.overrides);
  const asker = (caller: Caller, countedAs: string): Asker => ({
    ...{ caller: authenticator.overrides.carriedBy(caller, overrides), tag, countedAs },
  });
  if (given === undefined && own !== undefined) {
    const address = (): string => `address:${networkOf(from.getPeer())}`;
    return asAsker(authenticator.of(own, from), (caller) => asker(toEvaluate(caller), address()));
  }
  // Where there is none, it is a visitor, or it says so.
  return asAsker(authenticator.ofAnybody(given, from), (caller) => asker(caller, actorOf(caller)));
}

function asAsker(caller: Caller | Promise<Caller>, asker: (caller: Caller) => Asker): Asker | Promise<Asker> {
  return caller instanceof Promise ? caller.then(asker) : asker(caller);
}

/** The machine of the listener's own token, with no scope but `evaluate`, whatever the token has. */
function toEvaluate(caller: Caller): Caller {
  if (caller.kind !== 'machine')
    throw forbidden('the token of this listener is no machine token; ask who runs the server');
  const scopes = new Set(caller.scopes.has('admin') || caller.scopes.has('evaluate') ? (['evaluate'] as const) : []);
  return { ...caller, scopes };
}

function flagdCall(context: CallContext<Asker>): FlagdCall {
  return new AskersCall(context);
}

/** The services' call. Its signal is made when it is first asked for, as most calls need none. */
class AskersCall implements FlagdCall {
  readonly #context: CallContext<Asker>;
  readonly caller: Caller;
  readonly tag: string | undefined;
  readonly deadline?: number;

  constructor(context: CallContext<Asker>) {
    this.#context = context;
    this.caller = context.caller.caller;
    this.tag = context.caller.tag;
    if (context.deadline !== undefined) this.deadline = context.deadline;
  }

  get requestId(): Call['requestId'] {
    return this.#context.requestId;
  }

  get signal(): AbortSignal {
    return this.#context.signal;
  }
}
