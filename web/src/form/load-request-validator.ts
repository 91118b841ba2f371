import type { JobType, SubmitJobRequest } from '@dtq/generated/schemas/types.ts';
import type { Validator } from '@dtq/generated/validators/validator.ts';

/** Loads, once and when it is needed, the validator that the API too holds a request of this type against. */
export async function loadRequestValidator(type: JobType): Promise<Validator<SubmitJobRequest>> {
  const { SubmitJobRequest } = await import('./request-validators.ts');
  return SubmitJobRequest[type];
}
