import { Marked } from 'marked'
import { escapeHtml } from './html.ts'

export interface RenderedMarkdown {
  html: string
  /** In the order of the text; `id` is the anchor on the page. */
  headings: { depth: number; text: string; id: string }[]
}

/**
 * Markdown of our own (guides, descriptions in the contracts) as HTML. Headings get an anchor made of their words, as
 * code hosts make it, so a link works there and here; a relative link to `name.md` leads to the rendered page.
 */
export function renderMarkdown(markdown: string): RenderedMarkdown {
  const headings: RenderedMarkdown['headings'] = []
  const taken = new Map<string, number>()
  const marked = new Marked({
    renderer: {
      heading({ tokens, depth }) {
        const html = this.parser.parseInline(tokens)
        const text = this.parser.parseInline(tokens, this.parser.textRenderer)
        const slug = slugOf(text)
        const times = taken.get(slug) ?? 0
        taken.set(slug, times + 1)
        const id = times === 0 ? slug : `${slug}-${times}`
        headings.push({ depth, text, id })
        return `<h${depth} id="${id}"><a class="anchor" href="#${id}">${html}</a></h${depth}>\n`
      },
      link({ href, tokens }) {
        return `<a href="${escapeHtml(pageAddress(href))}">${this.parser.parseInline(tokens)}</a>`
      },
      table(token) {
        // A date or a version that breaks in two lines is hard to read.
        const cell = (tag: string) => (column: (typeof token.header)[number]) =>
          `<${tag}${column.text.length <= 12 ? ' class="short"' : ''}>${this.parser.parseInline(column.tokens)}</${tag}>`
        const rows = token.rows.map(row => `<tr>${row.map(cell('td')).join('')}</tr>`).join('\n')
        const head = `<tr>${token.header.map(cell('th')).join('')}</tr>`
        return `<div class="table"><table><thead>${head}</thead>\n<tbody>\n${rows}\n</tbody></table></div>\n`
      },
    },
  })
  return { html: marked.parse(markdown, { async: false }), headings }
}

/** One line of Markdown without a paragraph around it. */
export function renderInline(markdown: string): string {
  return new Marked().parseInline(markdown, { async: false })
}

function slugOf(text: string): string {
  return text
    .toLowerCase()
    .replace(/<[^>]*>|&\w+;/g, '')
    .replace(/[^\p{Letter}\p{Number} _-]/gu, '')
    .trim()
    .replaceAll(' ', '-')
}

function pageAddress(href: string): string {
  return /^[a-z]+:/i.test(href) ? href : href.replace(/\.md(?=#|$)/, '.html')
}
