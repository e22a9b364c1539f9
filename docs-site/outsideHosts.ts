import type { Site } from './links.ts'

/**
 * Addresses in a script that nothing ever fetches, with the reason. Anything else in a script counts as a request to
 * another host, so a new Redoc with a new address must be looked at by a person.
 */
const NEVER_FETCHED: [RegExp, string][] = [
  [/^http:\/\/www\.w3\.org\//, 'names of XML namespaces'],
  [/^https?:\/\/json-schema\.org\//, 'names of JSON Schema dialects'],
  [/^https:\/\/raw\.githubusercontent\.com\/ajv-validator\/ajv\/master\/lib\/refs\/data\.json/, 'the $id of a schema'],
  [/^http:\/\/example\.com/, 'an input for tests of the URL class'],
  [/^https:\/\/(git\.io|github\.com|marked\.js\.org|reactjs\.org|stackoverflow\.com)\//, 'comments and error messages'],
  [/^http:\/\/fb\.me\//, 'error messages'],
  [/^https:\/\/redocly\.com\//, 'links that a person may follow'],
  [/^https:\/\/api\.\$\{/, 'compared with a string, in a part of Redoc that needs a registry'],
  [/^https?:\/\/$/, 'the beginning of an address, compared with a string'],
]

/** Every place in the site that would make a browser ask another host for something, one sentence each. */
export function findOutsideRequests(site: Site): string[] {
  return [...site].flatMap(([path, content]) => addressesIn(path, content).map(address => `${path} fetches ${address}`))
}

function addressesIn(path: string, content: string): string[] {
  if (path.endsWith('.html')) {
    // A link that a person follows fetches nothing by itself, so it may lead outside.
    const fetching = content.replace(/<a\s[^>]*>/g, '')
    const attributes = fetching.matchAll(/\s(?:src|srcset|href|data|poster|action|content)="([^"]*\/\/[^"]*)"/g)
    return [...attributes].map(([, address]) => address!).filter(isOutside)
  }
  if (path.endsWith('.css')) {
    return [...content.matchAll(/(?:url\(\s*|@import\s+)(?!url\()["']?([^"')\s;]+)/g)]
      .map(([, address]) => address!)
      .filter(isOutside)
  }
  if (path.endsWith('.js')) {
    // A backslash ends an address: it begins an escape in the string around it.
    const addresses = content.matchAll(/(?:https?:|wss?:|(?<=["'`]))\/\/[\w$][^"'`\s\\)<>|,;]*|https?:\/\//g)
    return [...addresses]
      .map(([address]) => address)
      .filter(address => !NEVER_FETCHED.some(([known]) => known.test(address)))
  }
  if (path.endsWith('.json')) {
    // What Redoc fetches of a document: examples kept elsewhere, a logo, pictures in descriptions.
    const fetched = content.matchAll(/"(?:externalValue|x-logo)":[^,}]*|!\[[^\]]*\]\([^)]*\)|<img[^>]*>/g)
    return [...fetched].map(([text]) => text).filter(text => text.includes('//'))
  }
  return []
}

const isOutside = (address: string) => /^(?:[a-z]+:)?\/\//i.test(address)
