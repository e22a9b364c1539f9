import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { channelsPage } from './channels.ts'
import { readContracts } from './contracts.ts'
import { guidePage, readGuides } from './guides.ts'
import { indexPage } from './index.ts'
import { findBrokenLinks, type Site } from './links.ts'
import { renderLlms } from './llms.ts'
import { operationsPage } from './operations.ts'
import { findOutsideRequests } from './outsideHosts.ts'
import { type Page, renderPage } from './page.ts'
import { readRedoc, referenceAnchors, referencePage, referencePath } from './reference.ts'

/** Where the site comes from; a test may point both at its own folders. */
export interface Sources {
  /** One folder per contract with its bundles. */
  generated: string
  /** Markdown files. */
  guides: string
}

const here = import.meta.dirname

/**
 * The whole site in memory. Throws one error that names every link that leads nowhere and every request that a page
 * would make to another host.
 */
export async function buildSite({ generated, guides: guidesFolder }: Sources): Promise<Site> {
  const [contracts, guides, redoc] = await Promise.all([
    readContracts(generated),
    readGuides(guidesFolder),
    readRedoc(),
  ])
  const site: Site = new Map()
  const scripted = new Map<string, string[]>()
  const add = (page: Page) => site.set(page.path, renderPage(page))

  add(indexPage(contracts, guides))
  add(operationsPage(contracts))
  for (const guide of guides) {
    add(guidePage(guide))
    site.set(`guides/${guide.name}.md`, guide.markdown)
  }
  for (const contract of contracts) {
    const { name, openapi, asyncapi } = contract
    if (openapi !== undefined) {
      add(referencePage(contract))
      scripted.set(referencePath(name), referenceAnchors(openapi))
      site.set(`contracts/${name}/openapi.json`, await readFile(join(generated, name, 'openapi.json'), 'utf8'))
    }
    if (asyncapi !== undefined) {
      add(channelsPage(contract))
      site.set(`contracts/${name}/asyncapi.json`, await readFile(join(generated, name, 'asyncapi.json'), 'utf8'))
    }
  }
  for (const asset of ['style.css', 'reference.js']) {
    site.set(`assets/${asset}`, await readFile(join(here, 'assets', asset), 'utf8'))
  }
  site.set('assets/redoc.standalone.js', redoc.script)
  site.set('assets/redoc.standalone.js.LICENSE.txt', redoc.licences)
  site.set('llms.txt', renderLlms(contracts, guides))

  const problems = [...findBrokenLinks(site, scripted), ...findOutsideRequests(site)]
  if (problems.length > 0) throw new Error(`the docs have ${problems.length} problems:\n${problems.join('\n')}`)
  return site
}

/**
 * Makes `folder` hold exactly the site. Only what differs is written, so a server that reads the folder meanwhile
 * never sees it empty, and two builds at once do no harm.
 */
export async function writeSite(site: Site, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const present = entries.filter(entry => entry.isFile()).map(entry => join(entry.parentPath, entry.name))
  const wanted = new Map([...site].map(([path, content]) => [join(folder, path), content]))
  await Promise.all(present.filter(path => !wanted.has(path)).map(path => rm(path, { force: true })))
  const before = new Set(present)
  for (const [path, content] of wanted) {
    if (before.has(path) && (await readFile(path, 'utf8').catch(() => undefined)) === content) continue
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, content)
  }
}

if (import.meta.main) {
  const started = performance.now()
  const root = join(here, '..')
  try {
    const site = await buildSite({ generated: join(root, 'generated'), guides: join(here, 'guides') })
    await writeSite(site, join(here, 'dist'))
    const pages = [...site.keys()].filter(path => path.endsWith('.html')).length
    const seconds = ((performance.now() - started) / 1000).toFixed(1)
    console.log(`docs: ${pages} pages in docs-site/dist, every link checked, ${seconds} s`)
  } catch (error) {
    console.error(`docs: ${(error as Error).message}`)
    process.exitCode = 1
  }
}
