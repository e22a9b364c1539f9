/** What can go wrong with a charger, by the published fault codes. An error ends the session, a warning does not. */
export interface Fault {
  code: string
  message: string
  severity: 'error' | 'warning'
}

/** The faults that a simulated charger shows; heartbeat losses and reconnects come about by themselves. */
export const FAULTS: readonly Fault[] = [
  { code: 'F-0101', message: 'contactor weld detected', severity: 'error' },
  { code: 'F-0203', message: 'connector over temperature', severity: 'warning' },
  { code: 'F-0204', message: 'cabinet over temperature', severity: 'error' },
  { code: 'F-0411', message: 'power module does not answer', severity: 'error' },
  { code: 'F-0421', message: 'contactor did not engage', severity: 'error' },
  { code: 'F-0601', message: 'fan below nominal speed', severity: 'warning' },
  { code: 'F-0701', message: 'inverter lost its synchronization', severity: 'error' },
  { code: 'F-0805', message: 'session terminated unexpectedly', severity: 'warning' },
]
