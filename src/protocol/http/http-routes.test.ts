import { describe, expect, it } from '@jest/globals';
import { describedProtocol } from './described-protocol.js';
import { type HttpRoute, httpRoutes } from './http-routes.js';
import { MessageSchemas } from './json-schema.js';
import { REGISTRY } from './registry.js';

const routes = httpRoutes(REGISTRY);
const rpcsOf = (service: string) => REGISTRY.getService(`latchkey.v1.${service}`)!.methods.map(({ name }) => name);
const shapeOf = ({ verb, path }: HttpRoute) =>
  `${verb} /${path.map((segment) => (typeof segment === 'string' ? segment : '{}')).join('/')}`;

describe('the routes of the protocol', () => {
  it('are there for every RPC of the administration, and for what operators call besides', () => {
    const served = new Set(routes.map(({ rpc }) => rpc.name));
    expect(rpcsOf('AdminService').filter((name) => !served.has(name))).toEqual([]);
    const others = rpcsOf('FeatureService').filter((name) => served.has(name));
    expect(others.toSorted()).toEqual([
      ...['GetProgress', 'GetRequirements', 'Identify', 'ListRequirements', 'SetFlag', 'UpdateProgress', 'Watch'],
    ]);
  });

  it('are each of its own shape, below /api/admin, in lower-case words', () => {
    const shapes = routes.map(shapeOf);
    expect(new Set(shapes).size).toBe(shapes.length);
    for (const shape of shapes) expect(shape).toMatch(/^[A-Z]+ \/api\/admin(?:\/(?:[a-z-]+(?:\.jsonl)?|\{\}))+$/);
  });

  it('change nothing by GET, and everything that changes nothing is one, but for previews and what is asked with a body', () => {
    const quiet = (method: HttpRoute['rpc']) => method.idempotency === 1;
    for (const { rpc, verb } of routes) {
      if (rpc.name === 'Watch' || (rpc.name === 'ExplainFlag' && verb === 'POST')) continue;
      expect([rpc.name, verb === 'GET']).toEqual([rpc.name, quiet(rpc)]);
    }
  });

  it('are described in full: nothing that callers meet is without a comment', () => {
    const { schemas } = describedProtocol();
    for (const { rpc } of routes) {
      expect([rpc.name, schemas.comment(`${rpc.parent.typeName}.${rpc.name}`)]).not.toContain('');
      schemas.read(rpc.input);
      schemas.written(rpc.output);
    }
    const undescribed = Object.entries(schemas.byName).flatMap(([name, schema]) => {
      const properties = schema.properties as Record<string, { readonly description?: string }>;
      return Object.entries(properties).flatMap(([property, { description, ...rest }]) =>
        description === undefined && !('$ref' in rest) ? [`${name}.${property}`] : [],
      );
    });
    expect(undescribed).toEqual([]);
  });
});

describe('the schema of a message', () => {
  const schemaOf = (name: string, way: 'read' | 'written') => {
    const schemas = new MessageSchemas({});
    const { $ref } = schemas[way](REGISTRY.getMessage(`latchkey.v1.${name}`)!) as { readonly $ref: string };
    return schemas.byName[$ref.split('/').at(-1)!];
  };

  it('demands of what is sent all that has no presence, and nothing of what is read', () => {
    expect(schemaOf('AccessRow', 'written')).toMatchObject({
      required: ['user_id', 'role', 'organization_id', 'managed_by'],
      additionalProperties: false,
      properties: { effect: { type: 'string', enum: ['EFFECT_UNSPECIFIED', 'ALLOW', 'DENY'] } },
    });
    expect(schemaOf('AccessRow', 'read')).toMatchObject({ properties: { effect: { enum: ['ALLOW', 'DENY'] } } });
    expect(schemaOf('AccessRow', 'read')).not.toHaveProperty('required');
  });

  it('holds itself where the message does', () => {
    expect(schemaOf('Requirement', 'written')).toMatchObject({
      properties: { children: { type: 'array', items: { $ref: '#/components/schemas/Requirement' } } },
    });
  });
});
