import { createServer, type Server } from 'node:http'
import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { toOriginForm } from './http/requestTarget.ts'
import type { Services } from './services.ts'

/** Prometheus metrics of this process. */
export interface Metrics {
  registry: Registry
  /** Seconds per request, by contract, operation and status. */
  requests: Histogram<'contract' | 'operation' | 'status'>
  /** Rows per group commit. */
  flushSize: Histogram
  /** Stream subscribers that were dropped because they were too slow. */
  streamDrops: Gauge
  streams: Gauge
}

export function createMetrics(): Metrics {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry, prefix: 'voltspec_' })
  return {
    registry,
    requests: new Histogram({
      name: 'voltspec_request_duration_seconds',
      help: 'Time from the request line to the last byte of the answer.',
      labelNames: ['contract', 'operation', 'status'],
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30, 60],
      registers,
    }),
    flushSize: new Histogram({
      name: 'voltspec_ingest_flush_rows',
      help: 'Rows that one group commit wrote.',
      buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024],
      registers,
    }),
    streamDrops: new Gauge({
      name: 'voltspec_stream_drops',
      help: 'Stream subscribers dropped for being slow.',
      registers,
    }),
    streams: new Gauge({ name: 'voltspec_streams', help: 'Open streams.', registers }),
  }
}

/** Adds what is only known when somebody asks. */
export function watch(
  { registry }: Metrics,
  { ingest, rest, feed, messageLog }: Pick<Services, 'ingest' | 'rest' | 'feed' | 'messageLog'>,
  stations: { readonly size: number },
): void {
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(read())
      },
    })
  gauge('voltspec_ingest_queue_depth', 'Samples that wait for their commit.', () => ingest.readings.depth)
  gauge('voltspec_audit_queue_depth', 'Records of the audit log that wait for their commit.', () => ingest.audit.depth)
  if (rest !== undefined)
    gauge('voltspec_rows_queue_depth', 'Rows of flux that wait for their commit.', () => rest.inserts.depth)
  gauge('voltspec_ocpp_connections', 'Stations that are connected to this process.', () => stations.size)
  gauge('voltspec_ocpp_log_queue_depth', 'OCPP messages that wait for their commit.', () => messageLog.depth)
  gauge('voltspec_ocpp_log_dropped', 'Heartbeats that were not logged for want of room.', () => messageLog.dropped)
  gauge('voltspec_feed_live', '1 while changes arrive from the write-ahead log.', () => Number(feed.live))
  gauge('voltspec_feed_lag_seconds', 'Age of the last change that was seen.', () => feed.lagSeconds)
}

/** Serves `/metrics` and `/ready` on loopback. Ready means that database and feed are there. */
export function serveMetrics(metrics: Metrics, isReady: () => Promise<boolean>, port: number): Server {
  return createServer(async (request, response) => {
    toOriginForm(request)
    if (request.url === '/metrics') {
      response.setHeader('Content-Type', metrics.registry.contentType)
      response.end(await metrics.registry.metrics())
    } else if (request.url === '/ready') {
      const ready = await isReady()
      response.writeHead(ready ? 200 : 503, { 'Content-Type': 'application/json' })
      response.end(JSON.stringify({ ready }))
    } else response.writeHead(404).end()
  }).listen(port, '127.0.0.1')
}
