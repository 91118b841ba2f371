import { attemptCases } from './attempts.ts';
import { cancelCases } from './cancels.ts';
import { deadLetterCases } from './dead-letters.ts';
import { lifeCases } from './life.ts';
import { openJobCases } from './open-jobs.ts';
import { progressCases } from './progress.ts';
import { queueDeliveryCases } from './queue-delivery.ts';
import { queueOutcomeCases } from './queue-outcome.ts';
import { queuePriorityCases } from './queue-priority.ts';
import { replayCases } from './replays.ts';
import { resultListCases } from './result-lists.ts';
import { resultCases } from './results.ts';
import { scheduleCases } from './schedule.ts';
import type { BackendOptions, Space } from './space.ts';
import { statusFactCases } from './status-facts.ts';
import { statusCases } from './statuses.ts';
import { submitKeyCases } from './submit-keys.ts';
import { suiteOf } from './suite.ts';
import { systemCases } from './system.ts';
import { watchCases } from './watching.ts';

/**
 * Holds a backend to the promises of the ports (services/core/ports.ts). A backend's own test file is one call of this, with
 * what makes a space: stores of its own for that file. Every test has job ids of its own, and waits for facts.
 */
export function describeBackend(name: string, makeSpace: () => Promise<Space>, options: BackendOptions = {}): void {
  suiteOf(`${name} backend`, makeSpace, options, (suite) => {
    queueDeliveryCases(suite);
    queueOutcomeCases(suite);
    queuePriorityCases(suite);
    deadLetterCases(suite);
    statusCases(suite);
    statusFactCases(suite);
    attemptCases(suite);
    watchCases(suite);
    openJobCases(suite);
    cancelCases(suite);
    submitKeyCases(suite);
    progressCases(suite);
    resultCases(suite);
    resultListCases(suite);
    scheduleCases(suite);
    replayCases(suite);
    systemCases(suite);
    lifeCases(suite);
  });
}
