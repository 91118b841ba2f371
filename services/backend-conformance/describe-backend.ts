import { lifeCases } from './life.ts';
import { progressCases } from './progress.ts';
import { queueDeliveryCases } from './queue-delivery.ts';
import { queueOutcomeCases } from './queue-outcome.ts';
import { resultCases } from './results.ts';
import type { BackendOptions, Space } from './space.ts';
import { statusCases } from './statuses.ts';
import { suiteOf } from './suite.ts';
import { watchCases } from './watching.ts';

/**
 * Holds a backend to the promises of the ports (services/core/ports.ts). A backend's own test file is one call of this, with
 * what makes a space: stores of its own for that file. Every test has job ids of its own, and waits for facts.
 */
export function describeBackend(name: string, makeSpace: () => Promise<Space>, options: BackendOptions = {}): void {
  suiteOf(`${name} backend`, makeSpace, options, (suite) => {
    queueDeliveryCases(suite);
    queueOutcomeCases(suite);
    statusCases(suite);
    watchCases(suite);
    progressCases(suite);
    resultCases(suite);
    lifeCases(suite);
  });
}
