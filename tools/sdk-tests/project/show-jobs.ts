import { type Client, createClient, type JobChange } from '@dtq/sdk';

/** Submits, watches and prints a job of each type, as another team might write it. */
export async function showJobs(baseUrl: string, print: (line: string) => void): Promise<void> {
  const dtq: Client = createClient({ baseUrl });

  const weather = await dtq.submit('weather', { city: 'Austin', country_code: 'US', units: 'metric' });
  for await (const change of dtq.watch(weather)) print(lineOf(change));
  const { output: sky } = await dtq.wait(weather);
  print(
    `weather: ${sky.temperature.toFixed(1)} degrees, ${sky.condition}, ${sky.humidity_pct} %, ${sky.wind_kph} km/h`,
  );

  const rate = await dtq.submit('exchange_rate', { base_currency: 'EUR', target_currency: 'USD', amount: 250 });
  for await (const change of dtq.watch(rate)) print(lineOf(change));
  const { output: money } = await dtq.wait(rate);
  print(`exchange_rate: ${money.amount} ${money.base_currency} = ${money.converted_amount} ${money.target_currency}`);

  const user = await dtq.submit('github_user', { username: 'octocat' });
  for await (const change of dtq.watch(user)) print(lineOf(change));
  const { output: profile } = await dtq.wait(user);
  print(`github_user: ${profile.login} has ${profile.followers} followers since ${profile.created_at.slice(0, 4)}`);

  const quote = await dtq.submit('quote', { category: 'courage', limit: 1 });
  for await (const change of dtq.watch(quote)) print(lineOf(change));
  const { output: words } = await dtq.wait(quote);
  for (const { text, author } of words.quotes) print(`quote: ${text} (${author})`);
}

function lineOf(change: JobChange): string {
  if (change.event === 'status') return `${change.data.state} ${change.data.progress_percent} %`;
  return change.data.final_state === 'completed' ? 'it completed' : `it failed: ${change.data.error.code}`;
}
