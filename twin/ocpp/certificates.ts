import { createHash, X509Certificate } from 'node:crypto'

export interface CertificateHash {
  hashAlgorithm: 'SHA256' | 'SHA384' | 'SHA512'
  issuerNameHash: string
  issuerKeyHash: string
  serialNumber: string
}

interface Installed<Use extends string> {
  use: Use
  hash: CertificateHash
}

/** The root certificates that a central system has given a station. */
export class Certificates<Use extends string> {
  #installed: Installed<Use>[] = []

  /** @param pem a certificate as PEM */
  install(use: Use, pem: string): 'Accepted' | 'Rejected' {
    let certificate: X509Certificate
    try {
      certificate = new X509Certificate(pem)
    } catch {
      return 'Rejected'
    }
    if (Date.parse(certificate.validTo) < Date.now()) return 'Rejected'
    const hash = hashOf(certificate)
    this.delete(hash)
    this.#installed.push({ use, hash })
    return 'Accepted'
  }

  delete(hash: CertificateHash): 'Accepted' | 'NotFound' {
    const before = this.#installed.length
    this.#installed = this.#installed.filter(each => !isSame(each.hash, hash))
    return this.#installed.length < before ? 'Accepted' : 'NotFound'
  }

  /** @param uses all when none are named */
  list(uses: readonly Use[]): Installed<Use>[] {
    return this.#installed.filter(({ use }) => uses.length === 0 || uses.includes(use))
  }
}

function isSame(a: CertificateHash, b: CertificateHash): boolean {
  return (
    a.issuerNameHash.toLowerCase() === b.issuerNameHash.toLowerCase() &&
    a.issuerKeyHash.toLowerCase() === b.issuerKeyHash.toLowerCase() &&
    a.serialNumber.toLowerCase() === b.serialNumber.toLowerCase()
  )
}

/** As RFC 6960 has it for a certificate that signed itself: of the issuer's name, and of its key without tag and length. */
function hashOf(certificate: X509Certificate): CertificateHash {
  const [toBeSigned] = childrenOf(certificate.raw, elementAt(certificate.raw, 0))
  const fields = childrenOf(certificate.raw, toBeSigned!)
  // The version comes first, and only where it is not 1.
  const offset = certificate.raw[fields[0]!.start] === 0xa0 ? 0 : -1
  const issuer = fields[3 + offset]!
  const [, key] = childrenOf(certificate.raw, fields[6 + offset]!)
  return {
    hashAlgorithm: 'SHA256',
    issuerNameHash: sha256(certificate.raw.subarray(issuer.start, issuer.end)),
    // Its first byte counts unused bits.
    issuerKeyHash: sha256(certificate.raw.subarray(key!.valueStart + 1, key!.end)),
    serialNumber: certificate.serialNumber.replace(/^0+(?=.)/, '').toLowerCase(),
  }
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** Where an element of DER stands, with its tag and without. */
interface Element {
  start: number
  valueStart: number
  end: number
}

function elementAt(der: Uint8Array, start: number): Element {
  const first = der[start + 1]!
  const lengthBytes = first < 0x80 ? 0 : first - 0x80
  let length = first < 0x80 ? first : 0
  for (let index = 0; index < lengthBytes; index++) length = length * 256 + der[start + 2 + index]!
  const valueStart = start + 2 + lengthBytes
  return { start, valueStart, end: valueStart + length }
}

function childrenOf(der: Uint8Array, { valueStart, end }: Element): Element[] {
  const children: Element[] = []
  for (let start = valueStart; start < end; start = children.at(-1)!.end) children.push(elementAt(der, start))
  return children
}
