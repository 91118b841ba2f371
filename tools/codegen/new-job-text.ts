/** The spec of a new job type: complete, valid, and commented for whoever changes it. */
export function specStub(name: string, handler: string): string {
  const title = titleOf(name);
  return `# yaml-language-server: $schema=../../tools/codegen/meta/job.schema.json
#
# Written by \`npm run job:new\`. Everything below is a working example: change it to what your job needs, run
# \`npm run codegen\`, and TypeScript tells in ${handler} what no longer fits.
job_type: ${name} # also the name of this file
title: ${title}
description: Replace this with what a job of this type does, for people.

# What a caller sends. JSON Schema 2020-12; the API, the worker and the form of the page hold every payload to it.
payload:
  description: What the job needs to know.
  type: object
  additionalProperties: false
  required: [text]
  properties:
    text:
      description: Any text. # stands below the field in the form
      type: string # string, number, integer, boolean, array or object
      minLength: 1
      maxLength: 200 # bound everything: it travels through a queue and two stores
      # pattern: "^[A-Z]{3}$" # allow-list what enters a URL or a command
      examples: [hello]
      x-dtq-ui: { label: Text, placeholder: hello, widget: text }

# What the handler gives. It is validated before it is stored.
output:
  description: What came of it.
  type: object
  additionalProperties: false
  required: [answer]
  properties:
    answer:
      description: What the job found.
      type: string
      minLength: 1
      maxLength: 500
      x-dtq-ui: { label: Answer } # unit: km/h where it has one

# Codes that only this type can end in, beside the common ones of specs/errors.yaml; the handler throws JobFailure with one.
# errors:
#   thing_not_found:
#     title: No such thing is known
#     cause: The provider knows nothing of that name.
#     cure: Check the spelling.
#     retryable: false

policy:
  timeout: 20s # of one attempt, from start to outcome
  provider_timeout: 5s # of one call to a provider
  provider_attempts: 3 # calls in one attempt, the first included
  backoff: { base: 200ms, cap: 2s } # full jitter between calls
  attempts: 3 # at the job in all, each with its own calls
  retry: { base: 1s, cap: 5m } # full jitter between attempts
  concurrency: 16 # jobs of this type that one worker runs at once

ui:
  submit: Do it # the words on the button
  summary: "{text}" # tells one job from another in lists; {field} is a field of the payload

# At least one. Codegen holds each to the schemas above; the page offers them, the documentation shows them.
examples:
  - name: hello
    summary: The least that the job needs
    payload: { text: hello }
    output: { answer: hello }
`;
}

/** The handler of a new job type, which does nothing yet and says so in what it gives. */
export function handlerStub(name: string, exported: string): string {
  return `import type { JobHandler } from '../handler.ts';

/**
 * A stub, written by \`npm run job:new\`: it gives the payload back. Replace it with the work itself. The context has the
 * attempt's AbortSignal, the type's policy and the providers (../providers/README.md tells how to add one); a JobFailure
 * ends the job with a code of its own.
 */
export const ${exported}: JobHandler<'${name}'> = async ({ text }) => {
  return { answer: \`\${text} (made up by a stub: the handler is still to be written)\` };
};
`;
}

/** tide_table -> Tide table, within what a title may be. */
function titleOf(name: string): string {
  const words = name.replaceAll('_', ' ');
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}`.slice(0, 40).trimEnd();
}
