import { type DescField, type DescMessage, ScalarType } from '@bufbuild/protobuf';
import { invalid } from '../../calls/errors.js';
import { pointerStep } from '../../core/values/fault.js';
import { isJsonObject, type JsonValue, quote } from '../../core/values/json.js';
import { didYouMean } from '../../core/values/nearest-name.js';
import { MASK_PATHS } from '../messages/mask-paths.js';
import type { FieldPath, HttpRoute } from './http-routes.js';
import { fieldNamed, JsonReader, listed } from './json-reader.js';
import { emptyMessage, type Message } from './message.js';
import type { Versioned } from './versions.js';

/** An HTTP request, decoded, but not yet read as the request of an RPC. */
export interface HttpRequest {
  /** The values of the path's variables, in order. */
  readonly path: readonly string[];
  readonly query: ReadonlyMap<string, readonly string[]>;
  /** The body; undefined without one. */
  readonly body: JsonValue | undefined;
  /** The version that `If-Match` or `If-None-Match` demands; undefined where neither does. */
  readonly precondition: Versioned | undefined;
}

/** Reads an HTTP request as the request of the route's RPC. Throws INVALID with all faults. */
export function readRequest(route: HttpRoute, request: HttpRequest): Message {
  return new RequestReader(route, request).read();
}

/** The field to which an update mask applies: the one that the body or the path names; undefined for the request itself. */
function resourceField({ body, path }: Pick<HttpRoute, 'body' | 'path'>): DescField | undefined {
  if (typeof body !== 'string') return body;
  return path.find((segment) => typeof segment !== 'string' && segment.length === 2)?.[0] as DescField | undefined;
}

/** The fields that a route's query may have: those that neither the path nor the body has. */
export function queryFields({ rpc, path, body }: HttpRoute): readonly DescField[] {
  if (body === '*') return [];
  const elsewhere = new Set([body, ...path.map((segment) => (typeof segment === 'string' ? '' : segment[0]))]);
  return rpc.input.fields.filter((field) => !elsewhere.has(field) && fitsText(field));
}

function fitsText({ message }: DescField): boolean {
  return message === undefined || TEXT_FORMS.has(message.typeName);
}

const TEXT_FORMS: ReadonlySet<string> = new Set(
  ['Timestamp', 'Duration', 'FieldMask'].map((name) => `google.protobuf.${name}`),
);

const MASK = 'update_mask';
const VERSION = 'expected_version';

class RequestReader {
  readonly #route: HttpRoute;
  readonly #request: HttpRequest;
  readonly #input: DescMessage;
  readonly #reader = new JsonReader();

  constructor(route: HttpRoute, request: HttpRequest) {
    this.#route = route;
    this.#request = request;
    this.#input = route.rpc.input;
  }

  read(): Message {
    const message = this.#body();
    this.#query(message);
    this.#path(message);
    this.#mask(message);
    this.#precondition(message);
    const { errors } = this.#reader.faults;
    const [first] = errors;
    if (first !== undefined)
      throw invalid(`${first.pointer === '' ? 'the body' : first.pointer} ${first.message}`, errors);
    return message;
  }

  #body(): Message {
    const { body: place } = this.#route;
    const { body } = this.#request;
    if (place === '*') {
      this.#requireLists(body ?? {});
      return this.#reader.message(this.#input, body ?? {}, '');
    }
    const message = emptyMessage(this.#input);
    if (place === '') {
      if (body !== undefined)
        this.#reader.faults.error('', 'is not taken here; what is needed is in the path and the query');
      return message;
    }
    const elsewhere = queryFields(this.#route).map(({ name }) => name);
    message[place.localName] = this.#reader.message(place.message as DescMessage, body ?? {}, '', elsewhere);
    return message;
  }

  /** PUT replaces lists as a whole. One that the body does not name may have been forgotten, and is not taken for an empty one. */
  #requireLists(body: JsonValue): void {
    const { verb, rpc } = this.#route;
    if (verb !== 'PUT' || !isJsonObject(body)) return;
    for (const field of rpc.input.fields.filter(({ fieldKind }) => fieldKind === 'list')) {
      if (memberOf(body, field) !== undefined) continue;
      this.#reader.faults.error(
        `/${field.name}`,
        'is missing, which this method replaces as a whole; send [] for none',
      );
    }
  }

  #query(message: Message): void {
    const known = queryFields(this.#route);
    for (const [name, texts] of this.#request.query) {
      const field = known.find((each) => each.name === name);
      if (field === undefined) {
        const names = known.map((each) => each.name);
        const inBody = this.#route.body === '*' && fieldNamed(this.#input, name) !== undefined;
        const hint = inBody ? '; send it in the body' : didYouMean(name, names);
        this.#reader.faults.error(pointerStep(name), `is no parameter of the query; it takes ${listed(names)}${hint}`);
        continue;
      }
      message[field.localName] = this.#reader.texts(field, texts, `/${name}`);
    }
  }

  #path(message: Message): void {
    const variables = this.#route.path.filter((segment): segment is FieldPath => typeof segment !== 'string');
    for (const [i, [outer, inner]] of variables.entries()) {
      const text = this.#request.path[i] ?? '';
      if (inner === undefined) {
        this.#put(message, outer, text);
        continue;
      }
      message[outer.localName] ??= emptyMessage(outer.message as DescMessage);
      this.#put(message[outer.localName] as Message, inner, text);
    }
  }

  /** Sets a field from the path. A body may repeat the value, but not have another one. */
  #put(message: Message, field: DescField, text: string): void {
    const given = message[field.localName];
    const value = field.scalar === ScalarType.STRING ? text : this.#reader.texts(field, [text], `/${field.name}`);
    if (given !== '' && given !== 0 && given !== value) {
      const message = `is ${quote(text)}, as the path says, not ${quote(given)}; leave it out`;
      this.#reader.faults.error(`/${field.name}`, message);
    }
    message[field.localName] = value;
  }

  /** Without a mask, the body's members are the mask: each member that it names is written, and `[]` and `null` clear it. */
  #mask(message: Message): void {
    const field = fieldNamed(this.#input, MASK);
    const paths = MASK_PATHS[this.#input.typeName];
    if (field === undefined || paths === undefined || message[field.localName] !== undefined) return;
    const resource = resourceField(this.#route);
    const { body = {} } = this.#request;
    const json = this.#route.body === '*' && resource !== undefined ? memberOf(body, resource) : body;
    if (!isJsonObject(json)) return;
    const type = resource?.message ?? this.#input;
    const named = Object.keys(json as object).map((name) => fieldNamed(type, name)?.name);
    message[field.localName] = paths.filter((path) => named.includes(path));
  }

  #precondition(message: Message): void {
    const { precondition } = this.#request;
    if (precondition === undefined) return;
    const field = fieldNamed(this.#input, VERSION);
    if (field === undefined) throw invalid('this method knows no If-Match and no If-None-Match; leave them out');
    const given = message[field.localName];
    if (given !== undefined && given !== precondition.version) {
      throw invalid(`${VERSION} ${given} contradicts the header, which says version ${precondition.version}; send one`);
    }
    message[field.localName] = precondition.version;
    if (precondition.version > 0 || precondition.id !== '') this.#expectId(message, precondition.id);
  }

  /**
   * Throws for a precondition with another id than the request has, and gives the request the id where it has none. A list that
   * has a version as a whole has its field's name for an id.
   */
  #expectId(message: Message, id: string): void {
    const resource = resourceField(this.#route);
    const held = resource === undefined ? message : (message[resource.localName] as Message);
    const type = resource?.message ?? this.#input;
    const hasId = fieldNamed(type, 'id') !== undefined;
    const own = hasId ? held.id : type.fields.find(({ fieldKind }) => fieldKind === 'list')?.name;
    if (own === '') held.id = id;
    else if (own !== id) throw invalid(`If-Match is of ${quote(id)}, and this is a change of ${quote(own)}`);
  }
}

function memberOf(json: JsonValue, { name, jsonName }: DescField): JsonValue | undefined {
  if (!isJsonObject(json)) return undefined;
  return Object.entries(json).find(([member]) => member === name || member === jsonName)?.[1] as JsonValue | undefined;
}
