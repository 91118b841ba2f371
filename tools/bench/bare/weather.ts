import type { WeatherOutput, WeatherPayload } from '@dtq/generated/schemas/types.ts';
import { Agent, request } from 'undici';

const geocodingUrl = process.env['WEATHER_GEOCODING_URL'] ?? '';
const forecastUrl = process.env['WEATHER_FORECAST_URL'] ?? '';

const agent = new Agent();

/** Node's own client; with BARE_HTTP=request the one that ours asks by. */
const ask: (url: string) => Promise<unknown> =
  process.env['BARE_HTTP'] === 'request'
    ? async (url) => (await request(url, { dispatcher: agent })).body.json()
    : async (url) => (await fetch(url)).json();

/** The weather in a city: two calls, one after the other, with no more checks than the types make. */
export async function askWeather({ city, units }: WeatherPayload): Promise<WeatherOutput> {
  const found = await ask(`${geocodingUrl}?name=${encodeURIComponent(city)}&count=10&language=en&format=json`);
  const { results } = found as { results: { latitude: number; longitude: number }[] };
  const at = `latitude=${results[0]?.latitude}&longitude=${results[0]?.longitude}`;
  const fields = 'temperature_2m,relative_humidity_2m,weather_code,wind_speed_10m';
  const unit = units === 'imperial' ? 'fahrenheit' : 'celsius';
  const now = await ask(`${forecastUrl}?${at}&current=${fields}&temperature_unit=${unit}&wind_speed_unit=kmh`);
  const { current } = now as { current: Record<string, number> };
  return {
    temperature: current['temperature_2m'] ?? 0,
    condition: String(current['weather_code']),
    humidity_pct: current['relative_humidity_2m'] ?? 0,
    wind_kph: current['wind_speed_10m'] ?? 0,
  };
}
