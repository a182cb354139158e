import { Parser } from 'htmlparser2'

/** The text of an HTML page as a person would read it, with the addresses of its links. A parser of tokens: no tree, nothing to overflow. */
export function readableText(html: string, base: string): string {
  const lines: string[] = []
  let line = ''
  let skipping = 0
  let pre = 0
  const links: string[] = []
  let title = ''
  let isTitle = false

  const breakLine = () => {
    const done = pre > 0 ? line : line.trim()
    if (done !== '' || (lines.length > 0 && lines.at(-1) !== ''))
      lines.push(done)
    line = ''
  }
  const breakBlock = () => {
    if (line.trim() !== '')
      breakLine()
    if (lines.length > 0 && lines.at(-1) !== '')
      lines.push('')
  }

  const parser = new Parser({
    onopentag(name, attributes) {
      if (HIDDEN.has(name))
        skipping++
      if (skipping > 0)
        return
      isTitle = name === 'title'
      if (name === 'br')
        breakLine()
      else if (BLOCKS.has(name))
        breakBlock()
      if (name === 'pre')
        pre++
      else if (name === 'li')
        line += '- '
      else if (/^h[1-6]$/.test(name))
        line += `${'#'.repeat(Number(name[1]))} `
      else if (name === 'a')
        links.push(addressOf(attributes.href, base))
      else if (name === 'img' && attributes.alt)
        line += `[image: ${attributes.alt.slice(0, 500)}]`
      else if (name === 'td' || name === 'th')
        line += line.trim() === '' ? '' : ' | '
    },
    ontext(text) {
      if (skipping > 0)
        return
      if (isTitle) {
        title = (title + text).slice(0, 1000)
      }
      else if (pre > 0) {
        text.split('\n').forEach((piece, index) => {
          if (index > 0)
            breakLine()
          line += piece
        })
      }
      else {
        line += line === '' || line.endsWith(' ') ? text.replace(/\s+/g, ' ').trimStart() : text.replace(/\s+/g, ' ')
      }
    },
    onclosetag(name) {
      if (HIDDEN.has(name))
        skipping = Math.max(0, skipping - 1)
      if (skipping > 0)
        return
      if (name === 'title')
        isTitle = false
      else if (name === 'a')
        line += linkWords(links.pop())
      if (BLOCKS.has(name))
        breakBlock()
      else if (name === 'li' || name === 'tr')
        breakLine()
      if (name === 'pre')
        pre = Math.max(0, pre - 1)
    },
  }, { decodeEntities: true, lowerCaseTags: true })
  parser.end(html)
  breakLine()
  const text = lines.join('\n').trim()
  return title.trim() === '' ? text : `${title.trim()}\n\n${text}`.trim()
}

/** What no reader sees, and what would only be noise. */
const HIDDEN = new Set(['script', 'style', 'noscript', 'template', 'svg', 'iframe', 'object'])
const BLOCKS = new Set(['p', 'div', 'section', 'article', 'header', 'footer', 'main', 'nav', 'aside', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'ul', 'ol', 'pre', 'blockquote', 'table', 'figure', 'form', 'hr', 'dl', 'dt', 'dd', 'body', 'title'])

function addressOf(href: string | undefined, base: string): string {
  const url = href === undefined || href.startsWith('#') ? null : URL.parse(href.slice(0, 4000), base)
  return url && (url.protocol === 'http:' || url.protocol === 'https:') ? url.href : ''
}

function linkWords(address: string | undefined): string {
  return address ? ` (${address})` : ''
}
