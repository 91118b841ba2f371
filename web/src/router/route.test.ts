import { describe, expect, it } from 'vitest';
import { addressOf, movedFrom, routeOf } from './route.ts';

const ID = '6aab8fca-7059-40c4-97d4-53f55fd5bf67';

describe('routeOf', () => {
  it.each([
    [addressOf.submit, { view: 'submit' }],
    [addressOf.jobs, { view: 'jobs' }],
    ['/jobs/', { view: 'jobs' }],
    [addressOf.failures, { view: 'failures' }],
    [addressOf.deadLetters, { view: 'dead-letters' }],
    [addressOf.system, { view: 'system' }],
    [addressOf.job(ID), { view: 'job', id: ID }],
    [addressOf.deadLetter('jobs.weather.v1:0:41'), { view: 'dead-letter', id: 'jobs.weather.v1:0:41' }],
    ['/jobs/a/b', { view: 'lost' }],
    ['/jobs/%', { view: 'lost' }],
    ['/other', { view: 'lost' }],
    ['/toString', { view: 'lost' }],
  ])('%s', (path, route) => {
    expect(routeOf(path)).toEqual(route);
  });
});

describe('movedFrom', () => {
  it('leads an old address on', () => {
    expect(movedFrom(`#/jobs/${ID}`)).toBe(addressOf.job(ID));
    expect(movedFrom('#main')).toBeNull();
    expect(movedFrom('')).toBeNull();
  });
});
