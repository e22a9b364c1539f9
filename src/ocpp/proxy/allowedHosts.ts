import { type LookupAddress, type LookupOptions, lookup } from 'node:dns'
import { BlockList, isIP } from 'node:net'
import { domainToASCII } from 'node:url'

/** Addresses that are nobody's on the internet: of this machine, of private networks, and those of special use. */
const INTERNAL = new BlockList()
for (const [address, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 3],
] as const)
  INTERNAL.addSubnet(address, prefix, 'ipv4')
for (const [address, prefix] of [
  ['::', 127],
  ['64:ff9b::', 32],
  ['2002::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
] as const)
  INTERNAL.addSubnet(address, prefix, 'ipv6')

const DEFAULT_PORTS: Record<string, string> = { 'ws:': '80', 'wss:': '443' }

/**
 * Why a server may not connect to an address; undefined when it may.
 *
 * @param allowed hosts, each with a port or for every port, as in `csms.example.com:443`; an internal address has to stand
 *   there itself
 */
export function refusalOf(text: string, allowed: string[]): string | undefined {
  if (!URL.canParse(text)) return 'is not an address'
  const url = new URL(text)
  if (!(url.protocol in DEFAULT_PORTS)) return 'must begin with ws:// or wss://'
  if (url.username !== '' || url.password !== '') return 'must not hold credentials'
  // In the text, because what is parsed shows nothing of an empty one, and an identity is appended to the text.
  if (/[?#]/.test(text)) return 'must have no query and no fragment'
  if (/[\s\p{Cc}]/u.test(text)) return 'must have no spaces'
  const port = url.port || DEFAULT_PORTS[url.protocol]
  const names = allowed.map(normalize)
  if (!names.includes(url.hostname) && !names.includes(`${url.hostname}:${port}`)) return 'is not of an allowed host'
  return undefined
}

function normalize(entry: string): string {
  const [, host = '', port = ''] = /^(.*?)(:\d+)?$/.exec(entry.trim().toLowerCase()) ?? []
  return `${host.startsWith('[') ? host : domainToASCII(host)}${port}`
}

type Found = (error: Error | null, address: string | LookupAddress[], family?: number) => void

/** Looks a name up as Node does, and refuses one that leads to an internal address: the name was allowed, not that. */
export function lookupOutside(name: string, options: LookupOptions, found: Found): void {
  lookup(name, { ...options, all: true }, (error, addresses) => {
    if (error !== null) return found(error, [])
    const internal = addresses.find(({ address }) => isInternal(address))
    if (internal !== undefined) return found(new Error(`${name} leads to an internal address`), [])
    const [first] = addresses
    if (options.all) found(null, addresses)
    else found(null, first!.address, first!.family)
  })
}

export function isInternal(address: string): boolean {
  return INTERNAL.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')
}
