import { COMMENTS } from '../gen/comments.js';
import { type HttpRoute, httpRoutes } from './http-routes.js';
import { MessageSchemas } from './json-schema.js';
import { REGISTRY } from './registry.js';

/** The routes of the protocol, and the schemas of their requests and answers, with the comments of `proto/`. */
export function describedProtocol(): { readonly routes: readonly HttpRoute[]; readonly schemas: MessageSchemas } {
  return { routes: httpRoutes(REGISTRY), schemas: new MessageSchemas(COMMENTS) };
}
