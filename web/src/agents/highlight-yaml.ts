import type { ThemeRegistration } from 'shiki/core'
import { createHighlighterCore } from 'shiki/core'
import { createJavaScriptRegexEngine } from 'shiki/engine/javascript'
import yaml from 'shiki/langs/yaml.mjs'

export interface Token { text: string, colour: string | null }

/** Colours are our variables, so that one pass serves light and dark. */
const theme: ThemeRegistration = {
  name: 'agentos',
  type: 'dark',
  fg: 'var(--ui-text)',
  bg: 'var(--sunk)',
  colors: {},
  settings: [
    { settings: { foreground: 'var(--ui-text)' } },
    { scope: ['comment', 'punctuation.definition.comment'], settings: { foreground: 'var(--ui-text-dimmed)' } },
    { scope: ['entity.name.tag'], settings: { foreground: 'var(--live)' } },
    { scope: ['string.quoted', 'string.unquoted.block', 'keyword.control.flow.block-scalar', 'storage.modifier.chomping-indicator'], settings: { foreground: 'var(--ok)' } },
    { scope: ['constant.numeric', 'constant.language', 'constant.other'], settings: { foreground: 'var(--model)' } },
    { scope: ['punctuation'], settings: { foreground: 'var(--ui-text-dimmed)' } },
  ],
}

let highlighter: ReturnType<typeof createHighlighterCore> | null = null

/** The lines of a manifest in coloured pieces. The engine is JavaScript's own: the policy allows no WebAssembly. */
export async function highlightYaml(source: string): Promise<Token[][]> {
  highlighter ??= createHighlighterCore({ themes: [theme], langs: [yaml], engine: createJavaScriptRegexEngine() })
  const { tokens } = (await highlighter).codeToTokens(source, { lang: 'yaml', theme: 'agentos' })
  return tokens.map(line => line.map(token => ({ text: token.content, colour: token.color ?? null })))
}
