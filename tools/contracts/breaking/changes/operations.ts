import type { JsonObject } from '../../../codegen/specs.ts';
import { at, type Change, change, operation, remove } from './change.ts';

const JSON_OF = (name: string): JsonObject => ({ 'application/json': { schema: { $ref: `schemas/${name}.json` } } });

/** Operations and their names. */
export const OPERATIONS: readonly Change[] = [
  change('a new operation', (specs) => {
    at(specs.openapi, 'paths')['/v1/workers'] = {
      get: {
        operationId: 'listWorkers',
        responses: { 200: { description: 'All.', content: JSON_OF('SystemReport') } },
      },
    };
  }),
  change('an operation is gone', (specs) => remove(at(specs.openapi, 'paths'), '/v1/failures'), ['operation-removed']),
  change(
    'an operation is gone that was deprecated',
    (specs) => remove(at(specs.openapi, 'paths'), '/v1/failures'),
    [],
    {
      before: (specs) => {
        operation(specs, '/v1/failures', 'get')['deprecated'] = true;
      },
      notices: ['operation-retired'],
    },
  ),
  change(
    'an operation has another path',
    (specs) => {
      const paths = at(specs.openapi, 'paths');
      paths['/v2/failures'] = at(paths, '/v1/failures');
      remove(paths, '/v1/failures');
    },
    ['operation-removed'],
  ),
  change(
    'an operation has another method',
    (specs) => {
      const path = at(specs.openapi, 'paths', '/v1/jobs/{job_id}/cancel');
      path['put'] = at(path, 'post');
      remove(path, 'post');
    },
    ['operation-removed'],
  ),
  change(
    'an operation has another operationId',
    (specs) => {
      operation(specs, '/v1/failures', 'get')['operationId'] = 'getFailures';
    },
    ['operation-renamed'],
  ),
  change(
    'an operation demands credentials',
    (specs) => {
      operation(specs, '/v1/jobs', 'post')['security'] = [{ key: [] }];
    },
    ['security-added'],
  ),
];
