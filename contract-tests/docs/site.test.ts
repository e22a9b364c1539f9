import assert from 'node:assert/strict'
import { existsSync, statSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { buildSite, writeSite } from '../../docs-site/build.ts'
import type { AsyncApiDocument, OpenApiDocument } from '../../docs-site/contracts.ts'
import { findBrokenLinks, type Site } from '../../docs-site/links.ts'
import { findOutsideRequests } from '../../docs-site/outsideHosts.ts'

const root = join(import.meta.dirname, '..', '..')

const OPENAPI: OpenApiDocument = {
  info: { title: 'Sample', version: '1.2.0', summary: 'Samples & such.' },
  paths: {
    '/v1/samples': {
      get: { operationId: 'listSamples', tags: ['samples'], summary: 'List samples', 'x-status': 'implemented' },
      post: { operationId: 'queueSample', tags: ['samples'], summary: 'Queue one', 'x-status': 'not-implemented' },
    },
  },
}

const ASYNCAPI: AsyncApiDocument = {
  info: { title: 'Sample stream', version: '1.0.0', description: 'Frames of **samples**.' },
  servers: { local: { host: '127.0.0.1:8080', protocol: 'ws', description: 'A local server.' } },
  channels: {
    stream: {
      address: '/samples',
      title: 'Samples',
      description: 'One frame per sample.',
      messages: { Frame: { $ref: '#/components/messages/Frame' } },
      bindings: { ws: { query: { properties: { token: { type: 'string', description: 'The token.' } } } } },
      'x-close-codes': [{ code: 4401, description: 'The token is `void`.' }],
    },
  },
  operations: {
    receiveSamples: {
      action: 'send',
      channel: { $ref: '#/channels/stream' },
      messages: [{ $ref: '#/channels/stream/messages/Frame' }],
    },
    'v1.readSample': {
      action: 'receive',
      channel: { $ref: '#/channels/stream' },
      messages: [{ $ref: '#/channels/stream/messages/Frame' }],
      'x-protocols': ['sample1', 'sample2'],
      'x-ocpp-schema': { request: 'ReadRequest', response: 'ReadResponse' },
      'x-examples': [{ protocols: ['sample2'], request: { id: 4711 }, response: { text: '<i>' } }],
    },
  },
  components: {
    messages: {
      Frame: {
        name: 'Frame',
        title: 'One sample',
        payload: { $ref: '#/components/schemas/Frame' },
        examples: [{ name: 'default', summary: 'Charging at 7 kW.', payload: { power: 7, note: '<b>' } }],
      },
    },
    schemas: {
      Frame: {
        type: 'object',
        required: ['power'],
        properties: { power: { type: 'number', minimum: 0, maximum: 400, 'x-unit': 'kW' } },
      },
    },
  } as AsyncApiDocument['components'],
}

const GUIDE = '# A guide\n\nWhat it is for. More words.\n\n## First part\n\nSee [there](#first-part).\n'

describe('the docs', () => {
  let folder: string
  const sources = () => ({ generated: join(folder, 'generated'), guides: join(folder, 'guides') })
  const put = async (path: string, content: string | object) => {
    const file = join(folder, path)
    await mkdir(join(file, '..'), { recursive: true })
    await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content))
  }

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'voltspec-docs-'))
    await put('generated/sample/openapi.json', OPENAPI)
    await put('generated/sample/asyncapi.json', ASYNCAPI)
    await put('generated/released/sample/1.0.0.json', {})
    await put('guides/guide.md', GUIDE)
  })
  after(() => rm(folder, { recursive: true, force: true }))

  test('a contract joins by having a folder, with a reference or a WebSocket page or both', async () => {
    await put('generated/second/asyncapi.json', ASYNCAPI)
    const site = await buildSite(sources())
    const pages = [...site.keys()].filter(path => path.startsWith('contracts/'))
    assert.deepEqual(pages.sort(), [
      'contracts/sample/asyncapi.json',
      'contracts/sample/openapi.json',
      'contracts/sample/reference.html',
      'contracts/sample/websocket.html',
      'contracts/second/asyncapi.json',
      'contracts/second/websocket.html',
    ])
    assert.match(site.get('index.html')!, /contracts\/second\/websocket\.html/)
    await rm(join(folder, 'generated/second'), { recursive: true })
  })

  test('the WebSocket page shows address, close codes, units, limits and examples, and escapes them', async () => {
    const page = (await buildSite(sources())).get('contracts/sample/websocket.html')!
    for (const expected of [
      'ws://127.0.0.1:8080',
      '<code>/samples</code>',
      '<code>4401</code>',
      'number, kW, 0 to 400',
      'The server sends: <a href="#message-Frame">',
      '&quot;note&quot;: &quot;&lt;b&gt;&quot;',
      'in <code>sample1</code>, <code>sample2</code>',
      '<code>ReadRequest</code> in <code>sample2</code>',
      '<p>From the station in <code>sample1</code>, <code>sample2</code></p>',
      '<li><a href="#operation-v1.readSample">v1.readSample</a></li>',
      'v1.readSample <code>sample1</code> <code>sample2</code></h3>',
      '&quot;id&quot;: 4711',
      '&quot;text&quot;: &quot;&lt;i&gt;&quot;',
    ]) {
      assert.ok(page.includes(expected), expected)
    }
  })

  test('event streams over HTTP are not called WebSockets', async () => {
    const servers = { local: { host: '127.0.0.1:8080', protocol: 'http' } }
    await put('generated/second/asyncapi.json', { ...ASYNCAPI, servers })
    const site = await buildSite(sources())
    assert.match(site.get('index.html')!, /second\/websocket\.html">event streams</)
    assert.match(site.get('index.html')!, /sample\/websocket\.html">WebSocket</)
    assert.match(site.get('llms.txt')!, /second event streams page/)
    await rm(join(folder, 'generated/second'), { recursive: true })
  })

  test('llms.txt has one line for every page and document', async () => {
    const site = await buildSite(sources())
    const lines = site.get('llms.txt')!.split('\n')
    const named = (address: string) => lines.filter(line => line.includes(`(${address})`)).length
    for (const path of site.keys()) {
      if (!path.endsWith('.html')) continue
      const address = path.startsWith('guides/') ? path.replace('.html', '.md') : path
      assert.equal(named(`/docs/${address}`), 1, path)
    }
    assert.equal(named('/openapi/sample.json'), 1)
    assert.equal(named('/asyncapi/sample.json'), 1)
  })

  test('the build stops at a broken link, anchor, operation or path outside of the site', async () => {
    const broken: [string, RegExp][] = [
      ['[x](nothing.md)', /guides\/guide\.html links to nothing\.html: there is no such page/],
      ['[x](#nowhere)', /#nowhere: there is no such anchor/],
      ['[x](../operations.html#nowhere)', /there is no such anchor/],
      ['[x](../contracts/sample/reference.html#tag/samples/operation/getSample)', /there is no such anchor/],
      ['[x](../../../README.md)', /it leaves the site/],
      ['[x](/v1/samples)', /it leaves the site/],
    ]
    for (const [link, expected] of broken) {
      await put('guides/guide.md', `${GUIDE}\n${link}\n`)
      await assert.rejects(buildSite(sources()), expected)
    }
    const good = '[x](../contracts/sample/reference.html#tag/samples/operation/listSamples) [y](/openapi/sample.json)'
    await put('guides/guide.md', `${GUIDE}\n${good}\n`)
    await buildSite(sources())
    await put('guides/guide.md', GUIDE)
  })

  test('the build stops at a broken link in the description of an operation', async () => {
    const info = { ...OPENAPI.info, description: 'See [there](#tag/samples/operation/getSample).' }
    await put('generated/sample/openapi.json', { ...OPENAPI, info })
    await assert.rejects(buildSite(sources()), /openapi\.json links to #tag\/samples\/operation\/getSample/)
    await put('generated/sample/openapi.json', OPENAPI)
  })

  test('an anchor that a page has twice is reported', () => {
    const site: Site = new Map([['index.html', '<p id="a"></p><p id="a"></p>']])
    assert.deepEqual(findBrokenLinks(site, new Map()), ['index.html has the anchor a twice'])
  })

  test('a second writing changes nothing but what differs, and removes what is left over', async () => {
    const dist = join(folder, 'dist')
    await writeSite(new Map([['old/page.html', 'old']]), dist)
    const site = await buildSite(sources())
    await writeSite(site, dist)
    const past = new Date(0)
    await utimes(join(dist, 'index.html'), past, past)
    await writeFile(join(dist, 'llms.txt'), 'spoiled')
    await writeSite(site, dist)
    assert.equal(statSync(join(dist, 'index.html')).mtimeMs, 0)
    assert.equal(await readFile(join(dist, 'llms.txt'), 'utf8'), site.get('llms.txt'))
    assert.equal(existsSync(join(dist, 'old/page.html')), false)
  })
})

describe('no page of the real docs asks another host for anything', () => {
  let site: Site
  before(async () => {
    site = await buildSite({ generated: join(root, 'generated'), guides: join(root, 'docs-site/guides') })
  })

  test('two builds give the same bytes', async () => {
    assert.deepEqual(
      await buildSite({ generated: join(root, 'generated'), guides: join(root, 'docs-site/guides') }),
      site,
    )
  })

  test('no address in a page, style or script would be fetched from elsewhere', () => {
    assert.deepEqual(findOutsideRequests(site), [])
  })

  test('every page has a policy that allows its own host only', () => {
    for (const [path, content] of site) {
      if (!path.endsWith('.html')) continue
      const policy = /http-equiv="Content-Security-Policy" content="([^"]+)"/.exec(content)?.[1]
      assert.match(policy ?? '', /^default-src 'none';/, path)
      assert.doesNotMatch(policy!, /https?:|\*|unsafe-eval/, path)
    }
  })

  test('the untouched Redoc bundle would be caught, and so would what people write by mistake', async () => {
    const bundle = createRequire(join(root, 'package.json')).resolve('redoc/bundles/redoc.standalone.js')
    const untouched = await readFile(bundle, 'utf8')
    assert.ok(!site.get('assets/redoc.standalone.js')!.includes('cdn.redoc.ly'))
    const planted: [string, string][] = [
      ['a.js', untouched],
      ['a.js', 'fetch("https://stats.example.org/hit")'],
      ['a.js', "new WebSocket('wss://live.example.org')"],
      ['a.js', 'load("//cdn.example.org/x.js")'],
      ['a.css', '@import url("https://fonts.example.org/css?family=Roboto");'],
      ['a.css', 'body { background: url(//cdn.example.org/a.png) }'],
      ['a.html', '<script src="https://cdn.example.org/x.js"></script>'],
      ['a.html', '<link rel="stylesheet" href="//cdn.example.org/x.css">'],
      ['a.html', '<img alt="" src="http://cdn.example.org/x.png">'],
      ['a.json', '{"externalValue": "https://cdn.example.org/x.json"}'],
      ['a.json', '{"description": "![picture](https://cdn.example.org/x.png)"}'],
    ]
    for (const [path, content] of planted) {
      assert.ok(findOutsideRequests(new Map([[path, content]])).length > 0, content.slice(0, 80))
    }
  })

  test('a link that a person may follow is no request', () => {
    assert.deepEqual(findOutsideRequests(new Map([['a.html', '<a href="https://example.org/">there</a>']])), [])
  })
})
