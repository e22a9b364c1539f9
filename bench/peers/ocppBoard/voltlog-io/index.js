// The logger that ocpp-ws-io names is not in the registry. This one takes everything and does nothing, which is to the
// peer's advantage.
const nothing = () => {}
const logger = {
  trace: nothing,
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
  fatal: nothing,
  child: () => logger,
  close: nothing,
  flush: nothing,
}

export const createLogger = () => logger
export const consoleTransport = nothing
export const prettyTransport = nothing
