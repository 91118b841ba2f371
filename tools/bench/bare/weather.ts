import type { WeatherOutput, WeatherPayload } from '@dtq/generated/schemas/types.ts';

const geocodingUrl = process.env['WEATHER_GEOCODING_URL'] ?? '';
const forecastUrl = process.env['WEATHER_FORECAST_URL'] ?? '';

/** The weather in a city: two calls, one after the other, with no more checks than the types make. */
export async function askWeather({ city, units }: WeatherPayload): Promise<WeatherOutput> {
  const found = await fetch(`${geocodingUrl}?name=${encodeURIComponent(city)}&count=10&language=en&format=json`);
  const { results } = (await found.json()) as { results: { latitude: number; longitude: number }[] };
  const at = `latitude=${results[0]?.latitude}&longitude=${results[0]?.longitude}`;
  const fields = 'temperature_2m,relative_humidity_2m,weather_code,wind_speed_10m';
  const unit = units === 'imperial' ? 'fahrenheit' : 'celsius';
  const now = await fetch(`${forecastUrl}?${at}&current=${fields}&temperature_unit=${unit}&wind_speed_unit=kmh`);
  const { current } = (await now.json()) as { current: Record<string, number> };
  return {
    temperature: current['temperature_2m'] ?? 0,
    condition: String(current['weather_code']),
    humidity_pct: current['relative_humidity_2m'] ?? 0,
    wind_kph: current['wind_speed_10m'] ?? 0,
  };
}
