// A module of its own, so that a dynamic import of it brings these validators and leaves the many others of the
// generated file out of the bundle.
export { SubmitJobRequest } from '@dtq/generated/validators/strict.ts';
