import type { OCPP20 } from 'typed-ocpp'
import type { Station } from '../station.ts'

type Wanted = OCPP20.SetVariableMonitoringRequest['setMonitoringData'][number]
type Result = OCPP20.SetVariableMonitoringResponse['setMonitoringResult'][number]
type Monitor = Wanted & { id: number }

/** Monitors that a 2.0.1 station keeps for its variables; they can be set, listed and cleared. */
export const monitoring201 = (station: Station) => {
  const monitors = new Map<number, Monitor>()
  let last = 0
  const set = (wanted: Wanted): Result => {
    const { component, variable, type, severity } = wanted
    const names = { component, variable, type, severity }
    if (station.settings.byVariable(component.name, variable.name) === undefined)
      return { ...names, status: station.settings.isComponent(component.name) ? 'UnknownVariable' : 'UnknownComponent' }
    const id = wanted.id ?? ++last
    last = Math.max(last, id)
    monitors.set(id, { ...wanted, id })
    return { ...names, id, status: 'Accepted' }
  }
  return {
    SetVariableMonitoring(request: OCPP20.SetVariableMonitoringRequest): OCPP20.SetVariableMonitoringResponse {
      const [first, ...others] = request.setMonitoringData
      return { setMonitoringResult: [set(first!), ...others.map(set)] }
    },
    ClearVariableMonitoring({ id }: OCPP20.ClearVariableMonitoringRequest): OCPP20.ClearVariableMonitoringResponse {
      const clear = (each: number) => ({
        id: each,
        status: monitors.delete(each) ? ('Accepted' as const) : ('NotFound' as const),
      })
      const [first, ...others] = id
      return { clearMonitoringResult: [clear(first!), ...others.map(clear)] }
    },
    GetMonitoringReport({ requestId }: OCPP20.GetMonitoringReportRequest): OCPP20.GetMonitoringReportResponse {
      if (monitors.size === 0) return { status: 'EmptyResultSet' }
      station.later(async () => {
        const generatedAt = new Date(station.setup.clock.now()).toISOString()
        const monitor = [...monitors.values()].map(
          ({ id, component, variable, value, type, severity, transaction }) => ({
            component,
            variable,
            variableMonitoring: [{ id, value, type, severity, transaction: transaction ?? false }],
          }),
        )
        await station.line.call('NotifyMonitoringReport', { requestId, seqNo: 0, generatedAt, monitor })
      })
      return { status: 'Accepted' }
    },
    SetMonitoringBase({ monitoringBase }: OCPP20.SetMonitoringBaseRequest): OCPP20.SetMonitoringBaseResponse {
      if (monitoringBase !== 'All') monitors.clear()
      return { status: 'Accepted' }
    },
    SetMonitoringLevel({ severity }: OCPP20.SetMonitoringLevelRequest): OCPP20.SetMonitoringLevelResponse {
      return { status: severity <= 9 ? 'Accepted' : 'Rejected' }
    },
  }
}
