import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

// Plays both services of Open-Meteo; each answer takes PROVIDER_DELAY_MS.

const delayMs = Number(process.env['PROVIDER_DELAY_MS'] ?? 0);
const PLACE = JSON.stringify({ results: [{ name: 'Austin', latitude: 30.27, longitude: -97.74, country_code: 'US' }] });
const WEATHER = JSON.stringify({
  current: { temperature_2m: 21.5, relative_humidity_2m: 40, weather_code: 2, wind_speed_10m: 11.2 },
});

const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
  const answer = (): void => {
    response.setHeader('content-type', 'application/json');
    response.end(request.url?.startsWith('/search') === true ? PLACE : WEATHER);
  };
  if (delayMs > 0) setTimeout(answer, delayMs);
  else answer();
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
process.on('SIGTERM', () => process.exit(0));
console.log(JSON.stringify({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }));
