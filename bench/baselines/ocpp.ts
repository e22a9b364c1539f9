import { createServer } from 'node:http'
import { Ajv } from 'ajv'
import addFormats from 'ajv-formats'
import { MeterValuesRequest } from 'typed-ocpp/dist/ocpp16/schemas.js'
import { WebSocketServer } from 'ws'
import { listen } from './listen.ts'

/** A bare `ws` server that holds MeterValues against their schema and answers them. It keeps nothing. */
const { $id, id: _id, ...schema } = MeterValuesRequest as Record<string, unknown>
const ajv = new Ajv({ strict: false })
addFormats.default(ajv)
const isValid = ajv.compile(schema)

const server = createServer()
const sockets = new WebSocketServer({
  server,
  perMessageDeflate: false,
  handleProtocols: () => 'ocpp1.6',
})
sockets.on('connection', socket => {
  socket.on('message', data => {
    const [type, id, action, payload] = JSON.parse(String(data))
    if (type === 2 && action === 'MeterValues' && isValid(payload)) socket.send(JSON.stringify([3, id, {}]))
    else socket.send(JSON.stringify([4, id, 'FormationViolation', '', {}]))
  })
})
listen(server)
