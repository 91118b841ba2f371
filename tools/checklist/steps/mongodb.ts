import { hold, same, valid } from '@dtq/conformance/check.ts';
import { JOB_RESULTS_FIELD } from '@dtq/generated/storage/job-results.ts';
import * as strict from '@dtq/generated/validators/strict.ts';
import type { Step } from '../checklist.ts';
import { AUSTIN, type Ground } from '../ground.ts';

/** What MongoDB says of a second document under a unique key (E11000). */
const DUPLICATE_KEY = 11_000;

export const theDocument: Step<Ground> = {
  id: 'mongodb',
  title: 'MongoDB: the document, one for the job and no second one',
  needs: ['end'],
  run: async (ground, notes) => {
    const { space } = ground.parts;
    const { job_id, trace_id } = await ground.job();
    const results = space.mongo.database.collection(space.collection);
    const byId = { [JOB_RESULTS_FIELD.job_id]: job_id };
    const found = await results.find(byId).toArray();
    same(found.length, 1, 'the number of documents of the job');
    const { _id, ...document } = found[0] ?? {};
    notes.show('the document', document);
    const result = valid(strict.JobResult.weather, document, 'the document');
    same(
      { input: result.input, final_state: result.final_state, error: result.error, trace_id: result.trace_id },
      { input: AUSTIN.payload, final_state: 'completed', error: null, trace_id },
      'what it says',
    );
    same(await ground.ended(job_id), document, `the answer of GET /v1/jobs/${job_id}`);
    const refused = await results.insertOne({ ...document }).then(
      () => null,
      (error: { code?: unknown; message: string }) => error,
    );
    hold(refused !== null, 'a second document of the same job was taken');
    notes.show('a second one for the same job', refused.message);
    same(refused.code, DUPLICATE_KEY, 'the code of the refusal');
    same(await results.countDocuments(byId), 1, 'the number of documents afterwards');
    return `${space.environment['MONGO_DB']}.${space.collection} has one document: ${result.final_state}; a second one is refused`;
  },
};
