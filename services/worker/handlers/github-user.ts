import type { JobHandler } from '../handler.ts';
import { userProfile } from '../providers/github.ts';

/** A public profile. Fails with user_not_found, and with the provider_ codes (providers/http.ts). */
export const githubUser: JobHandler<'github_user'> = async ({ username }, { providers, policy, signal }) => {
  const { value, provider } = await userProfile(providers.githubUser, username, { policy, signal });
  const { html_url: profile_url, ...profile } = value;
  return { ...profile, profile_url, provider };
};
