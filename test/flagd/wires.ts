import {
  create,
  type DescMethod,
  fromBinary,
  fromJson,
  type JsonObject,
  type JsonValue,
  toBinary,
  toJson,
} from '@bufbuild/protobuf';
import { type Client, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { Service as ServiceV1 } from '../../src/flagd/gen/flagd/evaluation/v1/evaluation_pb.js';
import { Service as ServiceV2 } from '../../src/flagd/gen/flagd/evaluation/v2/evaluation_pb.js';

export const VERSIONS = { v1: ServiceV1, v2: ServiceV2 } as const;
export type Version = keyof typeof VERSIONS;

/** What a call came to: its answer as protobuf's JSON, or its failure, with the names of gRPC's codes. */
export interface Outcome {
  readonly answer?: JsonValue;
  readonly code: string;
  readonly details: string;
  /** Of a failure: when to try again. */
  readonly retryAfter?: string | undefined;
}

/** An open event stream. */
export interface Events {
  /** The next event; rejects with an {@link Outcome} where the stream failed, and gives undefined where it ended without a failure. */
  next(): Promise<JsonObject | undefined>;
  close(): void;
}

/** One way to speak to flagd's services. */
export interface Wire {
  call(version: Version, rpc: string, request: object, headers?: Readonly<Record<string, string>>): Promise<Outcome>;
  events(version: Version, headers?: Readonly<Record<string, string>>): Events;
}

function methodOf(version: Version, rpc: string): DescMethod {
  return VERSIONS[version].methods.find(({ name }) => name === rpc)!;
}

/** Events that come one by one, and are asked for one by one. */
class Arrivals implements Events {
  readonly #arrived: (JsonObject | Outcome | undefined)[] = [];
  #wake: () => void = () => undefined;
  close: () => void = () => undefined;

  push(one: JsonObject | Outcome | undefined): void {
    this.#arrived.push(one);
    this.#wake();
  }

  async next(): Promise<JsonObject | undefined> {
    while (this.#arrived.length === 0) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const one = this.#arrived.shift();
    if (one !== undefined && 'details' in one) throw one;
    return one as JsonObject | undefined;
  }
}

const OK = { code: 'OK', details: '' };

export function grpcWire(client: Client): Wire {
  const path = ({ parent, name }: DescMethod): string => `/${parent.typeName}/${name}`;
  const encode =
    ({ input }: DescMethod) =>
    (request: object) =>
      Buffer.from(toBinary(input, create(input, request as never)));
  const decode =
    ({ output }: DescMethod) =>
    (bytes: Buffer) =>
      toJson(output, fromBinary(output, bytes));
  const metadataOf = (headers: Readonly<Record<string, string>>): Metadata => {
    const metadata = new Metadata();
    for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
    return metadata;
  };
  const outcomeOf = ({ code, details }: ServiceError): Outcome => ({ code: status[code], details });
  return {
    call(version, rpc, request, headers = {}) {
      const method = methodOf(version, rpc);
      const options = { deadline: Date.now() + 20_000 };
      return new Promise((resolve) => {
        client.makeUnaryRequest(
          ...([path(method), encode(method), decode(method), request, metadataOf(headers), options] as const),
          (error: ServiceError | null, answer) =>
            resolve(error === null ? { ...OK, answer: answer! } : outcomeOf(error)),
        );
      });
    },
    events(version, headers = {}) {
      const method = methodOf(version, 'EventStream');
      const arrivals = new Arrivals();
      const call = client.makeServerStreamRequest(
        path(method),
        encode(method),
        decode(method),
        {},
        metadataOf(headers),
      );
      call.on('data', (event: JsonObject) => arrivals.push(event));
      call.on('error', (error: ServiceError) => arrivals.push(outcomeOf(error)));
      call.on('end', () => arrivals.push(undefined));
      arrivals.close = () => call.cancel();
      return arrivals;
    },
  };
}

const END_STREAM = 2;

/** The Connect protocol over HTTP/1.1, as JSON or as protobuf. */
export function connectWire(origin: string, format: 'json' | 'proto'): Wire {
  const url = ({ parent, name }: DescMethod): string => `${origin}/${parent.typeName}/${name}`;
  const encode = ({ input }: DescMethod, request: object): Uint8Array<ArrayBuffer> => {
    const message = create(input, request as never);
    return new Uint8Array(
      format === 'proto' ? toBinary(input, message) : Buffer.from(JSON.stringify(toJson(input, message))),
    );
  };
  const decode = ({ output }: DescMethod, bytes: Buffer): JsonValue =>
    format === 'proto'
      ? toJson(output, fromBinary(output, bytes))
      : toJson(output, fromJson(output, JSON.parse(bytes.toString())));
  const nameOf = (code: string): string => code.toUpperCase();
  return {
    async call(version, rpc, request, headers = {}) {
      const method = methodOf(version, rpc);
      const response = await fetch(url(method), {
        method: 'POST',
        headers: { 'content-type': `application/${format}`, 'connect-protocol-version': '1', ...headers },
        body: encode(method, request),
      });
      const bytes = Buffer.from(await response.arrayBuffer());
      if (response.ok) return { ...OK, answer: decode(method, bytes) };
      const { code, message = '' } = JSON.parse(bytes.toString()) as {
        readonly code: string;
        readonly message?: string;
      };
      return { code: nameOf(code), details: message, retryAfter: response.headers.get('retry-after') ?? undefined };
    },
    events(version, headers = {}) {
      const method = methodOf(version, 'EventStream');
      const arrivals = new Arrivals();
      const gone = new AbortController();
      arrivals.close = () => gone.abort();
      const request = encode(method, {});
      const body = Buffer.concat([Buffer.from([0, 0, 0, 0, request.length]), request]);
      const read = async (): Promise<void> => {
        const response = await fetch(url(method), {
          method: 'POST',
          headers: { 'content-type': `application/connect+${format}`, 'connect-protocol-version': '1', ...headers },
          body: new Uint8Array(body),
          signal: gone.signal,
        });
        let held = Buffer.alloc(0);
        for await (const chunk of response.body!) {
          held = Buffer.concat([held, chunk]);
          while (held.length >= 5 && held.length >= 5 + held.readUInt32BE(1)) {
            const [flags, end] = [held[0]!, 5 + held.readUInt32BE(1)];
            const message = held.subarray(5, end);
            held = held.subarray(end);
            if ((flags & END_STREAM) === 0) arrivals.push(decode(method, message) as JsonObject);
            else arrivals.push(endOf(message.toString()));
          }
        }
      };
      read().catch((error: unknown) => {
        if (!gone.signal.aborted) arrivals.push({ code: 'BROKEN', details: String(error) });
      });
      return arrivals;
    },
  };

  function endOf(text: string): Outcome | undefined {
    const { error } = JSON.parse(text) as { readonly error?: { readonly code: string; readonly message?: string } };
    return error && { code: nameOf(error.code), details: error.message ?? '' };
  }
}
