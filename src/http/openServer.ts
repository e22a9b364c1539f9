import fs from 'node:fs'
import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { TlsFiles } from '../config.ts'
import { StartError } from '../errors.ts'

/**
 * A server of HTTP, or of HTTPS where there are files for it. Client certificates are asked for where an authority for
 * them is given; who has none may still have a password.
 *
 * @throws StartError when a file cannot be read
 */
export function openServer(tls: TlsFiles | undefined, options: ServerOptions, serve: RequestListener): Server {
  if (tls === undefined) return createServer(options, serve)
  const { keyFile, certFile, clientCaFile } = tls
  const authority =
    clientCaFile === undefined ? {} : { ca: readTlsFile(clientCaFile), requestCert: true, rejectUnauthorized: false }
  return createTlsServer({ ...options, key: readTlsFile(keyFile), cert: readTlsFile(certFile), ...authority }, serve)
}

function readTlsFile(file: string): Buffer {
  try {
    return fs.readFileSync(file)
  } catch (error) {
    throw new StartError(`the TLS file ${file} cannot be read: ${(error as Error).message}`)
  }
}
