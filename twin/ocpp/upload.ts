import type { UploadStatus } from './dialect.ts'
import type { Station } from './station.ts'

/** Between attempts at an upload, in simulated seconds, when the central system does not say. */
const RETRY_AFTER = 5
const TIMEOUT = 15_000

export interface UploadOrder {
  url: string
  since: string | undefined
  until: string | undefined
  retries: number | undefined
  retryAfter: number | undefined
}

/** The name of the file that an upload is. */
export const logName = (station: Station): string => `${station.setup.state.identity}.log`

/** Puts the station's log where the central system wants it, over HTTP, and tells how that went. */
export async function uploadLog(
  station: Station,
  { url, since, until, retries = 0, retryAfter = RETRY_AFTER }: UploadOrder,
  tell: (status: UploadStatus) => Promise<void>,
): Promise<void> {
  const report = async (status: UploadStatus) => {
    station.uploadStatus = status
    await tell(status)
  }
  const instant = (text: string | undefined) => (text === undefined ? undefined : Date.parse(text))
  const lines = station.journal.read(instant(since), instant(until))
  await report('Uploading')
  for (let count = 0; ; count++) {
    if (await put(url, `${lines.join('\n')}\n`)) return report('Uploaded')
    if (count >= retries || !(await station.wait(retryAfter))) return report('UploadFailure')
  }
}

async function put(url: string, text: string): Promise<boolean> {
  if (!/^https?:/.test(url)) return false
  try {
    const signal = AbortSignal.timeout(TIMEOUT)
    const answer = await fetch(url, { method: 'PUT', body: text, headers: { 'Content-Type': 'text/plain' }, signal })
    await answer.body?.cancel()
    return answer.ok
  } catch {
    return false
  }
}
