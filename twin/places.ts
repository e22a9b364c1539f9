import type { Body } from './api.ts'

type Place = Pick<Body<'registerSite'>, 'name' | 'address' | 'postcode' | 'lat' | 'lng'>

/** Invented sites in real towns. */
const PLACES: readonly Place[] = [
  { name: 'Coventry Ringway', address: '4 Simulation Way, Coventry', postcode: 'CV1 2ZZ', lat: 52.408, lng: -1.51 },
  { name: 'Leeds Dock Hub', address: '17 Simulation Street, Leeds', postcode: 'LS10 1ZZ', lat: 53.792, lng: -1.533 },
  { name: 'Bristol Harbour', address: '2 Simulation Quay, Bristol', postcode: 'BS1 6ZZ', lat: 51.449, lng: -2.6 },
  { name: 'Glasgow Eastgate', address: '88 Simulation Road, Glasgow', postcode: 'G31 4ZZ', lat: 55.857, lng: -4.211 },
  { name: 'Cardiff Bayside', address: '31 Simulation Place, Cardiff', postcode: 'CF10 4ZZ', lat: 51.464, lng: -3.164 },
  { name: 'Norwich Northway', address: '6 Simulation Lane, Norwich', postcode: 'NR3 1ZZ', lat: 52.64, lng: 1.297 },
  { name: 'Exeter Services', address: '1 Simulation Approach, Exeter', postcode: 'EX2 7ZZ', lat: 50.709, lng: -3.464 },
  {
    name: 'Newcastle Quayside',
    address: '53 Simulation Bank, Newcastle upon Tyne',
    postcode: 'NE1 3ZZ',
    lat: 54.97,
    lng: -1.602,
  },
]

/** The site with this index in the fleet. */
export function placeOf(index: number): Place {
  const place = PLACES[index % PLACES.length]!
  const round = Math.floor(index / PLACES.length)
  if (round === 0) return place
  // A town's further sites lie a little apart, so that they do not cover each other on a map.
  return {
    ...place,
    name: `${place.name} ${round + 1}`,
    lat: place.lat + 0.011 * round,
    lng: place.lng + 0.017 * round,
  }
}
