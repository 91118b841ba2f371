/** A city as the sandbox knows it; the place is true (GeoNames), the weather made up, mild for the climate. */
export interface SandboxCity {
  readonly name: string;
  /** ISO 3166-1, two letters. */
  readonly country: string;
  readonly latitude: number;
  readonly longitude: number;
  /** Degrees Celsius. */
  readonly celsius: number;
  /** Percent. */
  readonly humidity: number;
  /** WMO code table 4677. */
  readonly code: number;
  /** km/h. */
  readonly wind: number;
}

type Row = readonly [
  name: string,
  country: string,
  latitude: number,
  longitude: number,
  celsius: number,
  humidity: number,
  code: number,
  wind: number,
];

// Of cities with the same name the best known comes first, as in Open-Meteo's answer.
const ROWS: readonly Row[] = [
  ['Amsterdam', 'NL', 52.37403, 4.88969, 12.1, 79, 61, 21.6],
  ['Austin', 'US', 30.26715, -97.74306, 20.4, 61, 3, 13.2],
  ['Austin', 'CA', 49.95, -98.93333, 4.2, 70, 71, 22.4],
  ['Bangalore', 'IN', 12.97194, 77.59369, 26.3, 62, 2, 11.1],
  ['Beijing', 'CN', 39.9075, 116.39723, 17.6, 41, 1, 10.4],
  ['Berlin', 'DE', 52.52437, 13.41053, 11.8, 72, 2, 15.1],
  ['Bogota', 'CO', 4.60971, -74.08175, 14.2, 82, 80, 7.6],
  ['Buenos Aires', 'AR', -34.61315, -58.37723, 18.9, 68, 1, 14.8],
  ['Cairo', 'EG', 30.06263, 31.24967, 27.8, 33, 0, 16.2],
  ['Cape Town', 'ZA', -33.92584, 18.42322, 19.3, 66, 1, 27.4],
  ['Chicago', 'US', 41.85003, -87.65005, 9.7, 64, 3, 24.1],
  ['Dubai', 'AE', 25.07725, 55.30927, 33.5, 48, 0, 14],
  ['Helsinki', 'FI', 60.16952, 24.93545, 5.4, 81, 71, 18.4],
  ['Istanbul', 'TR', 41.01384, 28.94966, 16.2, 70, 2, 19.1],
  ['Jakarta', 'ID', -6.21462, 106.84513, 31.1, 76, 95, 8.3],
  ['Lagos', 'NG', 6.45407, 3.39467, 29.9, 81, 81, 12.6],
  ['Lima', 'PE', -12.04318, -77.02824, 19.6, 80, 3, 13.7],
  ['Lisbon', 'PT', 38.71667, -9.13333, 18.4, 69, 1, 17.3],
  ['London', 'GB', 51.50853, -0.12574, 11.3, 78, 61, 16.9],
  ['London', 'CA', 42.98339, -81.23304, 8.1, 71, 3, 18.2],
  ['Los Angeles', 'US', 34.05223, -118.24368, 21.7, 55, 0, 9],
  ['Madrid', 'ES', 40.4165, -3.70256, 18.8, 45, 0, 10.8],
  ['Mexico City', 'MX', 19.42847, -99.12766, 20.1, 47, 2, 9.7],
  ['Moscow', 'RU', 55.75222, 37.61556, 4.6, 75, 3, 14.4],
  ['Mumbai', 'IN', 19.07283, 72.88261, 30.2, 74, 1, 15.8],
  ['Nairobi', 'KE', -1.28333, 36.81667, 20.8, 63, 80, 13],
  ['New York', 'US', 40.71427, -74.00597, 13.4, 58, 2, 17.7],
  ['Oslo', 'NO', 59.91273, 10.74609, 6.2, 73, 77, 11.9],
  ['Paris', 'FR', 48.85341, 2.3488, 13.9, 71, 2, 14.3],
  ['Paris', 'US', 33.66094, -95.55551, 19.2, 60, 1, 15.5],
  ['Reykjavik', 'IS', 64.13548, -21.89541, 3.1, 77, 85, 32.8],
  ['Rome', 'IT', 41.89193, 12.51133, 17.5, 66, 0, 11.2],
  ['Santiago', 'CL', -33.45694, -70.64827, 16.9, 52, 0, 8.6],
  ['São Paulo', 'BR', -23.5475, -46.63611, 21.9, 75, 63, 10.1],
  ['Seoul', 'KR', 37.566, 126.9784, 14.7, 56, 1, 11.5],
  ['Singapore', 'SG', 1.28967, 103.85007, 30.8, 79, 95, 9.9],
  ['Stockholm', 'SE', 59.32938, 18.06871, 7.3, 74, 3, 16],
  ['Sydney', 'AU', -33.86785, 151.20732, 20.6, 64, 1, 18.7],
  ['Tokyo', 'JP', 35.6895, 139.69171, 20.4, 54, 0, 9.4],
  ['Toronto', 'CA', 43.70643, -79.39864, 8.8, 67, 61, 19.8],
  ['Vienna', 'AT', 48.20849, 16.37208, 12.7, 65, 45, 13.5],
  ['Zurich', 'CH', 47.36667, 8.55, 11.2, 73, 51, 8.1],
];

/** The well-known cities of the sandbox. */
export const SANDBOX_CITIES: readonly SandboxCity[] = ROWS.map(
  ([name, country, latitude, longitude, celsius, humidity, code, wind]) => ({
    name,
    country,
    latitude,
    longitude,
    celsius,
    humidity,
    code,
    wind,
  }),
);
