import { JobFailure } from '@dtq/core/errors.ts';
import { fetchJson, type JsonAnswer } from './http.ts';
import type { JsonField } from './json-field.ts';
import type { Asking, ProviderFetch } from './provider.ts';

/** GitHub's REST API, as handlers get it. */
export interface Github {
  /** The root of the API, such as https://api.github.com; of a server of one's own it is https://HOST/api/v3. */
  readonly url: string;
  readonly fetch: ProviderFetch;
}

/** https://docs.github.com/en/rest/users/users#get-a-user, under GitHub's names, without what the user left empty. */
export interface GithubProfile {
  readonly login: string;
  readonly name?: string;
  readonly bio?: string;
  readonly company?: string;
  readonly location?: string;
  readonly public_repos: number;
  readonly followers: number;
  readonly following: number;
  readonly created_at: string;
  readonly html_url: string;
  readonly avatar_url?: string;
}

const COUNT = { minimum: 0, maximum: Number.MAX_SAFE_INTEGER, whole: true };
const TIME = [/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/, 'a time in UTC'] as const;
const WEB = [/^https?:\/\/[\w.:-]+(?:\/[!-~]*)?$/, 'an http or https URL', 500] as const;

/** The public profile of a user or an organization. Rejects with user_not_found, and as fetchJson does. */
export async function userProfile(
  { url: root, fetch }: Github,
  username: string,
  asking: Asking,
): Promise<JsonAnswer<GithubProfile>> {
  // The contract lets nothing else in. Held here too, for the name enters a path, where encoding leaves '..' as it is.
  if (!/^[A-Za-z0-9-]{1,39}$/.test(username)) throw new RangeError('a user name that cannot stand in a path');
  const url = new URL(root);
  // In lower case, for it is one user in any case, and one answer to keep.
  url.pathname = `${url.pathname.replace(/\/$/, '')}/users/${username.toLowerCase()}`;
  const refusal = (status: number, answer: JsonField): JobFailure | undefined =>
    status === 404 && answer.field('message').text() === 'Not Found'
      ? new JobFailure('user_not_found', `GitHub has no user called "${username}"`)
      : undefined;
  return await fetchJson({ ...asking, url, fetch, who: 'GitHub', read: profile, refusal });
}

// The bounds are those of the output in specs/jobs/github_user.yaml, so that a fault is the provider's and not ours.
function profile(answer: JsonField): GithubProfile {
  const avatar = answer.field('avatar_url');
  return {
    login: answer.field('login').matching(/\S/, 'a login', 100),
    ...given('name', answer.field('name').textIfAny(300)),
    ...given('bio', answer.field('bio').textIfAny(1000)),
    ...given('company', answer.field('company').textIfAny(300)),
    ...given('location', answer.field('location').textIfAny(300)),
    public_repos: answer.field('public_repos').number(COUNT),
    followers: answer.field('followers').number(COUNT),
    following: answer.field('following').number(COUNT),
    created_at: answer.field('created_at').matching(...TIME),
    html_url: answer.field('html_url').matching(...WEB),
    ...given('avatar_url', avatar.present ? avatar.matching(...WEB) : undefined),
  };
}

function given<Name extends string>(name: Name, value: string | undefined): { [N in Name]?: string } {
  return value === undefined ? {} : ({ [name]: value } as { [N in Name]: string });
}
