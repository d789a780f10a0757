/**
 * Where location codes are on the map. Codes are AWS regions (Turso's form: `aws-eu-west-1`) or airports, as Turso's
 * earlier locations; an operator's own codes have no place unless they are one of these.
 *
 * @module
 */
export interface Place {
  readonly longitude: number;
  readonly latitude: number;
}

/** Longitude and latitude in degrees. */
const PLACES: Readonly<Record<string, readonly [number, number]>> = {
  'us-east-1': [-77.5, 39],
  'us-east-2': [-83, 40],
  'us-west-1': [-121.9, 37.4],
  'us-west-2': [-119.5, 45.8],
  'ca-central-1': [-73.6, 45.5],
  'sa-east-1': [-46.6, -23.5],
  'eu-west-1': [-6.3, 53.3],
  'eu-west-2': [-0.1, 51.5],
  'eu-west-3': [2.3, 48.9],
  'eu-central-1': [8.7, 50.1],
  'eu-north-1': [18, 59.3],
  'eu-south-1': [9.2, 45.5],
  'ap-south-1': [72.9, 19.1],
  'ap-southeast-1': [103.8, 1.3],
  'ap-southeast-2': [151.2, -33.9],
  'ap-northeast-1': [139.7, 35.7],
  'ap-northeast-2': [127, 37.6],
  'ap-east-1': [114.2, 22.3],
  'af-south-1': [18.4, -33.9],
  'me-south-1': [50.6, 26.2],
  ams: [4.8, 52.3],
  arn: [17.9, 59.7],
  atl: [-84.4, 33.6],
  bog: [-74.1, 4.7],
  bom: [72.9, 19.1],
  bos: [-71, 42.4],
  cdg: [2.5, 49],
  den: [-104.7, 39.9],
  dfw: [-97, 32.9],
  ewr: [-74.2, 40.7],
  eze: [-58.5, -34.8],
  fra: [8.6, 50],
  gru: [-46.5, -23.4],
  hkg: [113.9, 22.3],
  iad: [-77.5, 38.9],
  jnb: [28.2, -26.1],
  lax: [-118.4, 33.9],
  lhr: [-0.5, 51.5],
  mad: [-3.6, 40.5],
  mia: [-80.3, 25.8],
  nrt: [140.4, 35.8],
  ord: [-87.9, 42],
  otp: [26.1, 44.6],
  phx: [-112, 33.4],
  qro: [-100.2, 20.6],
  scl: [-70.8, -33.4],
  sea: [-122.3, 47.4],
  sin: [104, 1.4],
  sjc: [-121.9, 37.4],
  syd: [151.2, -33.9],
  waw: [21, 52.2],
  yul: [-73.7, 45.5],
  yyz: [-79.6, 43.7],
};

export function placeOf(code: string): Place | undefined {
  const [longitude, latitude] = PLACES[code.replace(/^(aws|gcp|fly)-/, '')] ?? [];
  return longitude === undefined || latitude === undefined ? undefined : { longitude, latitude };
}
