import { createServer } from 'node:http'
import { readConfig } from '../src/config.ts'
import { serveContract } from '../src/contract.ts'
import { tellus } from '../src/contracts/tellus/contract.ts'
import { RequestLog } from '../src/http/requestLog.ts'
import { openLog } from '../src/log.ts'
import { createMetrics } from '../src/metrics.ts'
import type { Services } from '../src/services.ts'
import { listen } from './baselines/listen.ts'
import { readCallers } from './fleet.ts'
import { padded } from './paddedContract.ts'

/**
 * The dispatcher with everything but a database: what a request costs here is what the stack costs, and nothing of it
 * may depend on how many operations the contract has.
 */
const [times, fleetFile, logFile] = process.argv.slice(2)
const callers = readCallers(fleetFile!)
const services = {
  config: readConfig({ RATE_LIMIT_SCALE: '100000' }),
  log: openLog('info', logFile!),
  metrics: createMetrics(),
  requestLog: new RequestLog(),
  accessTokens: {
    async find(token: string) {
      const { tenantId, deviceId } = callers.get(`Bearer ${token}`)!
      return { kind: 'device', tenantId, deviceId, expiresAt: Number.POSITIVE_INFINITY }
    },
  },
  ingest: { readings: { submit: async () => 'stored' } },
  draining: new AbortController().signal,
} as unknown as Services

const dispatch = serveContract(padded(tellus, Number(times)), services)
listen(createServer((request, response) => void dispatch(request, response)))
