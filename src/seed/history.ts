import type { ChargingRecordUpload } from '../store/chargingRecordUploads.ts'
import type { MODELS } from './fleet.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const PRICE_PER_KWH = { AC: 0.35, DC: 0.59 }
const EXPORT_PRICE_PER_KWH = 0.42

export interface Session extends ChargingRecordUpload {
  start: Date
  end: Date
  arrivalSoc: number
  departureSoc: number
  capacity: number
}

/** A month of sessions of one connector, one after the other, physical: energy follows from power and time. */
export function sessionsOf(
  model: (typeof MODELS)[number],
  connectorId: number,
  until: Date,
  random: () => number,
  newId: () => string,
): Session[] {
  const sessions: Session[] = []
  for (let at = until.getTime() - 30 * DAY + random() * 12 * HOUR; ; ) {
    const capacity = 40 + Math.round(random() * 55)
    const arrivalSoc = 8 + Math.round(random() * 45)
    const departureSoc = Math.min(95, arrivalSoc + 20 + Math.round(random() * 45))
    const maxPower =
      model.current_type === 'AC' ? Math.min(model.max_power_kw, 11) : Math.min(model.max_power_kw, 60 + random() * 110)
    const energy = round((capacity * (departureSoc - arrivalSoc)) / 100, 2)
    // A DC session tapers: on average it gets two thirds of its best power.
    const averagePower = model.current_type === 'AC' ? maxPower * 0.96 : maxPower * 0.66
    const discharge = model.max_discharge_power_kw !== null && random() < 0.3 ? round(2 + random() * 10, 2) : 0
    const hours = energy / averagePower + discharge / (model.max_discharge_power_kw ?? 1)
    const start = new Date(Math.round(at / 1000) * 1000)
    const end = new Date(start.getTime() + Math.round(hours * 3600) * 1000)
    if (end >= until) return sessions
    sessions.push({
      record_id: newId(),
      connector_id: connectorId,
      start_time: start.toISOString(),
      end_time: end.toISOString(),
      energy,
      discharge_energy: discharge,
      max_power: round(maxPower, 1),
      avg_power: round((energy + discharge) / hours, 1),
      cost: round(energy * PRICE_PER_KWH[model.current_type] - discharge * EXPORT_PRICE_PER_KWH, 2),
      currency: 'GBP',
      stop_reason: random() < 0.7 ? 'soc_target_reached' : 'user_request',
      vehicle_info: { soc_start: arrivalSoc, soc_end: departureSoc },
      start,
      end,
      arrivalSoc,
      departureSoc,
      capacity,
    })
    at = end.getTime() + (0.4 + random() * (model.current_type === 'AC' ? 20 : 9)) * HOUR
  }
}

/** The samples of a session, one every 30 seconds, with a taper towards the end. */
export function* samplesOf(session: Session, model: (typeof MODELS)[number]) {
  const seconds = (session.end.getTime() - session.start.getTime()) / 1000
  const shape = (share: number) => (model.current_type === 'AC' ? 1 : 1 - 0.75 * share ** 2)
  // The integral of the shape over 0..1, by which the power is scaled so that the energy comes out.
  const area = model.current_type === 'AC' ? 1 : 0.75
  for (let second = 0; second < seconds; second += 30) {
    const share = second / seconds
    const done = (model.current_type === 'AC' ? share : share - 0.25 * share ** 3) / area
    const power = ((session.energy * 3600) / seconds / area) * shape(share)
    const voltage = model.current_type === 'AC' ? 400 : 380 + 60 * share
    yield {
      time: new Date(session.start.getTime() + second * 1000),
      power: round(power, 2),
      voltage: round(voltage, 1),
      current: round((power * 1000) / voltage, 1),
      energy: round(session.energy * done, 3),
      soc: round(session.arrivalSoc + (session.departureSoc - session.arrivalSoc) * done, 1),
      temperature: round(24 + 14 * shape(share), 1),
    }
  }
}

const round = (value: number, digits: number) => Math.round(value * 10 ** digits) / 10 ** digits
