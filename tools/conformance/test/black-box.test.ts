import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { CHECKS } from '../checks/index.ts';

const kit = path.join(import.meta.dirname, '..');

it('the kit knows the contracts and bare drivers, and nothing that implements them', () => {
  const files = globSync(['*.ts', 'checks/*.ts', 'wires/*.ts'], { cwd: kit });
  expect(files.length).toBeGreaterThan(20);
  const wrong = files.flatMap((file) => {
    const specifiers = [
      ...readFileSync(path.join(kit, file), 'utf8').matchAll(/^(?:import|export|\}).* from '([^']+)'/gm),
    ];
    return specifiers
      .map(([, specifier = '']) => specifier)
      .filter(
        (specifier) =>
          !/^(?:node:|@dtq\/generated\/(?!wiring)|kafkajs$|rabbitmq-client$|redis$|mongodb$)/.test(specifier),
      )
      .filter((specifier) => !/^\.\.?\/(?!.*(?:test|fuzz)\/)/.test(specifier))
      .map((specifier) => `${file} imports ${specifier}`);
  });
  expect(wrong).toEqual([]);
});

it('each check has an id of its own, a title and a sentence of the contract', () => {
  expect(new Set(CHECKS.map(({ id }) => id)).size).toBe(CHECKS.length);
  for (const { id, title, promise } of CHECKS) {
    expect(id).toMatch(/^(?:http|kafka|redis|mongo|amqp)\.[a-z0-9-]+$/);
    expect(title.length, id).toBeGreaterThan(3);
    expect(promise.length, id).toBeGreaterThan(10);
  }
});
