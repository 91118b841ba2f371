import { hashOf, plain } from './hash.ts';
import type { SandboxInput } from './inputs.ts';
import type { SandboxService } from './sandbox.ts';

/** User names for which the sandbox plays more than the faults that all providers share. */
export const GITHUB_INPUTS: readonly SandboxInput[] = [
  { input: 'Nobody', plays: 'no such user', ends: 'user_not_found' },
  { input: 'Partial', plays: 'a profile without its counts', ends: 'provider_invalid_response' },
];

interface Account {
  readonly login: string;
  readonly name: string | null;
  readonly company?: string;
  readonly location?: string;
  readonly bio?: string;
  readonly public_repos: number;
  readonly followers: number;
  readonly following: number;
  readonly created_at: string;
}

// GitHub's two mascots, and people of whom nobody can think that they have an account.
const ACCOUNTS: readonly Account[] = [
  {
    login: 'octocat',
    name: 'The Octocat',
    company: '@github',
    location: 'San Francisco',
    public_repos: 8,
    followers: 20_000,
    following: 9,
    created_at: '2011-01-25T18:44:36Z',
  },
  {
    login: 'hubot',
    name: 'Hubot',
    company: 'GitHub',
    location: 'The chat room',
    bio: 'A customizable, life embetterment robot.',
    public_repos: 2,
    followers: 600,
    following: 0,
    created_at: '2011-02-02T00:11:20Z',
  },
  {
    login: 'Ada-Lovelace',
    name: 'Ada Lovelace',
    company: 'Analytical Engine',
    location: 'London',
    bio: 'Notes on the Menabrea paper, Note G first. No hardware yet.',
    public_repos: 7,
    followers: 1843,
    following: 1,
    created_at: '2015-12-10T09:00:00Z',
  },
  {
    login: 'Grace-Hopper',
    name: 'Grace Hopper',
    company: 'United States Navy',
    location: 'Arlington',
    bio: 'Compilers. A nanosecond is 29.98 cm long. Found the first bug.',
    public_repos: 51,
    followers: 19_060,
    following: 12,
    created_at: '2012-12-09T08:30:00Z',
  },
  {
    login: 'Emmy-Noether',
    name: 'Emmy Noether',
    location: 'Göttingen',
    bio: 'Every symmetry has its conservation law.',
    public_repos: 43,
    followers: 1918,
    following: 5,
    created_at: '2013-03-23T07:15:00Z',
  },
];

const PLACES = ['Accra', 'Berlin', 'Bogotá', 'Hanoi', 'Lisbon', 'Nairobi', 'Oslo', 'Pune', 'Seoul', 'Toronto', null];
const WORKS = ['makes small tools', 'reads more code than they write', 'keeps old servers warm', 'likes types', null];

/** GitHub's users, with the JSON of the real one. */
export const sandboxGithub: SandboxService = {
  subject: loginOf,
  answer: (url) => {
    const login = loginOf(url);
    if (plain(login) === 'nobody') {
      const documentation_url = 'https://docs.github.com/rest/users/users#get-a-user';
      return Response.json({ message: 'Not Found', documentation_url, status: '404' }, { status: 404 });
    }
    return Response.json(profile(ACCOUNTS.find((account) => plain(account.login) === plain(login)) ?? madeUp(login)));
  },
};

function loginOf({ pathname }: URL): string {
  return pathname.slice(pathname.lastIndexOf('/') + 1);
}

function profile({ public_repos, followers, following, created_at, ...who }: Account): unknown {
  const id = 100_000_000 + hashOf(who.login, 100_000_000);
  const url = `https://api.github.com/users/${who.login}`;
  return {
    login: who.login,
    id,
    avatar_url: `https://avatars.githubusercontent.com/u/${id}?v=4`,
    url,
    html_url: `https://github.com/${who.login}`,
    type: 'User',
    site_admin: false,
    name: who.name,
    company: who.company ?? null,
    blog: '',
    location: who.location ?? null,
    email: null,
    hireable: null,
    bio: who.bio ?? null,
    twitter_username: null,
    ...(plain(who.login) === 'partial'
      ? {}
      : { public_repos, public_gists: hashOf(`${who.login} gists`, 20), followers, following }),
    created_at,
    updated_at: '2026-01-01T12:00:00Z',
  };
}

/** An account for a name that nobody knows; some leave out what people leave out. */
function madeUp(login: string): Account {
  const seed = plain(login);
  const name = login
    .split('-')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join(' ');
  const location = PLACES[hashOf(`${seed} place`, PLACES.length)];
  const bio = WORKS[hashOf(`${seed} work`, WORKS.length)];
  const day = new Date(Date.UTC(2009 + hashOf(`${seed} year`, 16), hashOf(`${seed} month`, 12), 1 + hashOf(seed, 28)));
  return {
    login,
    name: hashOf(`${seed} name`, 5) === 0 ? null : name,
    ...(typeof location === 'string' ? { location } : {}),
    ...(typeof bio === 'string' ? { bio: `${name} ${bio}.` } : {}),
    public_repos: hashOf(`${seed} repositories`, 120),
    followers: hashOf(`${seed} followers`, 2000),
    following: hashOf(`${seed} following`, 150),
    created_at: `${day.toISOString().slice(0, 10)}T12:00:00Z`,
  };
}
