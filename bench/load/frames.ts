const TEXT = 0x81
const PING = 0x89

/**
 * Counts the text frames that a server sends on one connection. A server does not mask its frames, and ours are shorter
 * than 64 kB, so a header is 2 or 4 bytes.
 */
export function frameCounter(onFrame: () => void): (chunk: Buffer) => void {
  let rest: Buffer | undefined
  let kind = TEXT
  /** Bytes of the current frame that are still to come. */
  let left = 0
  return chunk => {
    const data = rest === undefined ? chunk : Buffer.concat([rest, chunk])
    rest = undefined
    let at = 0
    while (at < data.length) {
      if (left === 0) {
        const size = data.length - at >= 2 ? data[at + 1]! : 126
        if (size === 126 && data.length - at < 4) {
          rest = data.subarray(at)
          return
        }
        kind = data[at]!
        if (kind !== TEXT && kind !== PING) throw new Error(`a frame that was not expected: ${data.subarray(at)}`)
        left = size < 126 ? size + 2 : data.readUInt16BE(at + 2) + 4
      }
      const part = Math.min(left, data.length - at)
      at += part
      left -= part
      if (left === 0 && kind === TEXT) onFrame()
    }
  }
}
