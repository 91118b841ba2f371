import asyncapi from '@dtq/generated/documents/asyncapi.json' with { type: 'json' };
import type { JobMessageHeaders } from '@dtq/generated/schemas/types.ts';

// The contract gives each header of a job message one fixed value, and gives it in the document alone.
const { properties } = asyncapi.components.schemas.JobMessageHeaders;

/** The headers of every job message that we publish. */
export const JOB_HEADERS = Object.fromEntries(
  Object.entries(properties).map(([name, { const: value }]) => [name, value]),
) as unknown as Required<JobMessageHeaders>;
