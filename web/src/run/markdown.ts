import DOMPurify from 'dompurify'
import MarkdownIt from 'markdown-it'
import { plainText } from './clean-text.ts'

const markdown = new MarkdownIt({ html: false, linkify: true, breaks: false })

/**
 * A model's answer as HTML that is safe to insert: markdown without HTML, then sanitised. No image and no other element
 * that fetches, so that reading an answer tells nobody that it was read.
 */
export function renderMarkdown(text: string): string {
  return DOMPurify.sanitize(markdown.render(plainText(text)), {
    ALLOWED_TAGS: ['p', 'br', 'hr', 'strong', 'em', 's', 'code', 'pre', 'blockquote', 'ul', 'ol', 'li', 'a', 'table', 'thead', 'tbody', 'tr', 'th', 'td', ...HEADINGS],
    ALLOWED_ATTR: ['href', 'start', 'target', 'rel'],
    // Without this they would have to look like addresses as well.
    ADD_URI_SAFE_ATTR: ['start', 'target', 'rel'],
    ALLOWED_URI_REGEXP: /^(?:https?|mailto):/i,
    ALLOW_DATA_ATTR: false,
    ALLOW_ARIA_ATTR: false,
  })
}

const HEADINGS = ['h1', 'h2', 'h3', 'h4', 'h5', 'h6']

// Headings of an answer belong under the card's own, one level at a time, whatever levels the model chose.
markdown.core.ruler.push('outline', ({ tokens }) => {
  const open: number[] = []
  let tag = ''
  for (const token of tokens) {
    if (token.type === 'heading_open') {
      const level = Number(token.tag.slice(1))
      while (open.length > 0 && open.at(-1)! >= level)
        open.pop()
      open.push(level)
      tag = `h${Math.min(6, 2 + open.length)}`
    }
    if (token.type === 'heading_open' || token.type === 'heading_close')
      token.tag = tag
  }
})

// The words of a picture stay; the picture is never fetched.
markdown.renderer.rules.image = (tokens, index) => markdown.utils.escapeHtml(tokens[index]!.content || 'image')

// A link leaves the page for a new tab that knows nothing of this one.
markdown.renderer.rules.link_open = (tokens, index, options, _env, self) => {
  tokens[index]!.attrSet('target', '_blank')
  tokens[index]!.attrSet('rel', 'noopener noreferrer nofollow')
  return self.renderToken(tokens, index, options)
}
