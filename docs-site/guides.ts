import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { escapeHtml } from './html.ts'
import { renderMarkdown } from './markdown.ts'
import type { Page } from './page.ts'

export interface Guide {
  /** File name without its ending. */
  name: string
  title: string
  /** The first sentence of the text, without Markdown's marks. */
  summary: string
  markdown: string
}

/** The guides in `folder`, by name. Each begins with one `#` heading and a paragraph that says what it is for. */
export async function readGuides(folder: string): Promise<Guide[]> {
  const files = (await readdir(folder)).filter(file => file.endsWith('.md')).sort()
  return Promise.all(
    files.map(async file => {
      const markdown = await readFile(join(folder, file), 'utf8')
      const opening = /^# (.+)\n+((?:.+\n)+)/.exec(markdown)
      if (opening === null) throw new Error(`${file} must begin with a # heading and a paragraph`)
      const paragraph = opening[2]!.trim().replaceAll('\n', ' ').replaceAll('`', '')
      const summary = /^.*?[.!?](?= |$)/.exec(paragraph)?.[0] ?? paragraph
      return { name: file.slice(0, -'.md'.length), title: opening[1]!, summary, markdown }
    }),
  )
}

export function guidePage({ name, title, summary, markdown }: Guide): Page {
  const { html, headings } = renderMarkdown(markdown)
  const sections = headings.filter(heading => heading.depth === 2)
  const contents = sections.map(({ id, text }) => `<li><a href="#${id}">${text}</a></li>`).join('\n')
  const [heading, rest] = splitAfterFirstHeading(html)
  const nav =
    sections.length < 3 ? '' : `<nav class="contents" aria-label="On this page"><ul>\n${contents}\n</ul></nav>`
  const source = `<p class="source"><a href="${escapeHtml(name)}.md">This page as Markdown</a></p>`
  return { path: `guides/${name}.html`, title, summary, body: `${heading}${nav}${rest}${source}` }
}

function splitAfterFirstHeading(html: string): [string, string] {
  const end = html.indexOf('</h1>') + '</h1>'.length
  return [html.slice(0, end), html.slice(end)]
}
