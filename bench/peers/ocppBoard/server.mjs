import { createServer } from 'node:http'
import { createBoard } from 'ocpp-ws-board'
import { OCPPServer } from 'ocpp-ws-io'

/**
 * ocpp-ws-io with ocpp-ws-board as its own page sets them up, in memory: a station's MeterValues are answered and shown
 * on the board, and nothing of them is kept. Nobody has to log in, and by default no payload is held against its schema.
 */
const stations = new OCPPServer({ protocols: ['ocpp1.6'] })
const board = createBoard({ auth: { mode: 'none' } })
stations.plugin(board.plugin)
stations.route('/ocpp/:identity').on('client', client => {
  client.handle('ocpp1.6', 'MeterValues', () => ({}))
})

const http = createServer(async ({ url, headers }, response) => {
  const answer = await board.app.fetch(new Request(`http://${headers.host}${url}`))
  const body = Buffer.from(await answer.arrayBuffer())
  response.writeHead(answer.status, { 'Content-Type': 'application/json', 'Content-Length': body.length })
  response.end(body)
})
await stations.listen(0, '127.0.0.1', { server: http })
http.listen(0, '127.0.0.1', () => process.stdout.write(`listening ${http.address().port}\n`))
process.on('disconnect', () => process.exit())
process.on('SIGTERM', () => process.exit())
