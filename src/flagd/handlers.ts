import { create, type DescMessage, type DescMethod, type Message } from '@bufbuild/protobuf';
import type { Call } from '../calls/caller.js';
import { notFound } from '../calls/errors.js';
import type { JsonObject } from '../core/values/json.js';
import { isFault, type Resolution, type ResolutionFault } from '../openfeature/resolution.js';
import type { OpenFeatureResolver } from '../openfeature/resolver.js';
import { Service as ServiceV1 } from './gen/flagd/evaluation/v1/evaluation_pb.js';
import { Service as ServiceV2 } from './gen/flagd/evaluation/v2/evaluation_pb.js';
import { anyValue, typeMismatch, VALUE_KINDS, ZEROS } from './values.js';

/** The services that flagd's clients call; they differ only in that version 2 can leave out a value. */
export const FLAGD_SERVICES = [ServiceV1, ServiceV2] as const;

/** What version 1 was called in flagd before it was `flagd.evaluation.v1.Service`, with the same messages. */
export const FLAGD_V1_FORMER_NAME = 'schema.v1.Service';

/** What is the same in the requests of all RPCs that resolve flags. */
export interface ResolveRequest {
  /** Absent where all flags are asked for. */
  readonly flagKey?: string;
  readonly context?: JsonObject | undefined;
}

/** Who asks, and of which flags: those of a tag, or all. */
export interface FlagdCall extends Call {
  readonly tag: string | undefined;
}

/** Answers an RPC of flagd's services other than the stream, with a message of its kind; see {@link OpenFeatureResolver} for what it throws. */
export function answerFlagd(
  resolver: OpenFeatureResolver,
  method: DescMethod,
  request: ResolveRequest,
  call: FlagdCall,
): Message | Promise<Message> {
  const { flagKey = '', context = {} } = request;
  if (method.name === 'ResolveAll') {
    const told = resolver.resolveAll(call, context, call.tag);
    const all = (resolutions: readonly Resolution[]) => allMessage(method, resolutions);
    return told instanceof Promise ? told.then(all) : all(told);
  }
  const told = resolver.resolve(call, flagKey, context, call.tag);
  const one = (answer: Resolution | ResolutionFault) => oneMessage(method, answer);
  return told instanceof Promise ? told.then(one) : one(told);
}

const hasZeros = ({ parent }: DescMethod): boolean => parent === ServiceV1;

function oneMessage(method: DescMethod, answer: Resolution | ResolutionFault): Message {
  if (isFault(answer)) throw notFound(answer.errorDetails);
  const { key, reason, variant, value, metadata } = answer;
  const kind = VALUE_KINDS[method.name]!;
  const told = { reason, ...(variant !== undefined && { variant }), metadata };
  if (value === undefined) {
    // Version 1 has zeros by itself, but for an object, which some of its clients take apart unseen.
    return message(method.output, {
      ...told,
      ...(hasZeros(method) && method.name === 'ResolveObject' && { value: {} }),
    });
  }
  const taken = kind.take(value);
  if (taken === undefined) throw typeMismatch(key, value, kind);
  return message(method.output, { ...told, value: taken });
}

function allMessage(method: DescMethod, resolutions: readonly Resolution[]): Message {
  const flags = resolutions.map(({ key, type, reason, variant, value, metadata }) => {
    const told = value ?? (hasZeros(method) ? ZEROS[type] : undefined);
    return [key, { reason, ...(variant !== undefined && { variant }), value: anyValue(told), metadata }] as const;
  });
  return message(method.output, { flags: Object.fromEntries(flags), metadata: {} });
}

/** The methods of both versions are told by the same members, which their types do not say. */
function message(schema: DescMessage, members: object): Message {
  return create(schema, members as never);
}
