import type { EnvironmentName } from '../../config/environment.ts'
import { environmentSchema } from '../../config/environment.ts'

/** docs/configuration.md: what each variable is from .env.example, what it must look like and its default from the schema. */
export function configurationPage(example: string): string {
  return `${HEAD}\n${sectionsOf(example).map(formatSection).join('\n')}\n${TAIL}`
}

const HEAD = `<!-- Written by server/src/cli/develop/write-pages.ts. Change .env.example or server/src/config/environment.ts instead. -->
# Configuration

Every setting of the server and its workers is a variable of the environment. What the environment does not say is read from a file \`.env\`: in a
checkout at its top, from an installed package in the user's data folder (\`~/.local/share/agentos/.env\` on Linux). The environment goes first; an empty value counts as
not set. A wrong value stops the start with one line that names it. [.env.example](../.env.example) is a file to begin with.

To see that all of it is right on this machine:

\`\`\`sh
agentos doctor
\`\`\`
`

const TAIL = `## For the command line

\`agentos\` finds the server of this machine by its data folder, so it reads the same settings. Beside them:

- \`AGENTOS_URL\` and \`AGENTOS_API_KEY\`: a server elsewhere, and a key of it. Both or none.
- \`NO_COLOR\`: no colours, whatever its value. \`--no-color\` does the same once.
`

interface Block { names: string[], shown: Record<string, string>, comment: string[] }
interface Section { title: string, intro: string[], blocks: Block[] }

/** The file as its reader sees it: headings, comments, and the variables below each. */
function sectionsOf(example: string): Section[] {
  const sections: Section[] = []
  let comment: string[] = []
  for (const line of example.split('\n')) {
    const title = /^# --- (.+?) -+$/.exec(line)?.[1]
    const [, name, value = ''] = /^([A-Z_]+)=(.*)$/.exec(line) ?? []
    const section = sections.at(-1)
    if (title) {
      sections.push({ title, intro: [], blocks: [] })
      comment = []
    }
    else if (name && section) {
      // Variables right below each other share what is said above them.
      const block = comment.length > 0 ? { names: [], shown: {}, comment } : section.blocks.at(-1)!
      if (comment.length > 0)
        section.blocks.push(block)
      block.names.push(name)
      block.shown[name] = value
      comment = []
    }
    else if (line.startsWith('#')) {
      comment.push(line.slice(1).replace(/^ /, ''))
    }
    else if (section && comment.length > 0) {
      section.intro.push(...comment) // a blank line after it: it is about all that follows
      comment = []
    }
  }
  return sections
}

function formatSection({ title, intro, blocks }: Section): string {
  const heading = title.includes('.') ? title : `${title[0]!.toUpperCase()}${title.slice(1)}`
  return `## ${heading}\n\n${intro.length > 0 ? `${intro.map(prose).join('\n')}\n\n` : ''}${blocks.map(formatBlock).join('\n')}`
}

function formatBlock({ names, shown, comment }: Block): string {
  const lines = names.map(name => `- \`${name}\`${expectedOf(name)}.${shown[name] ? ` Default: \`${shown[name]}\`.` : ''}`)
  return `### ${names.join(', ')}\n\n${formatComment(comment)}\n\n${lines.join('\n')}\n`
}

/** Lines that are indented are a sample of a file. */
function formatComment(lines: string[]): string {
  return lines.map((line, index) => {
    const isSample = line.startsWith('  ')
    const opens = isSample && !lines[index - 1]?.startsWith('  ')
    const closes = isSample && !lines[index + 1]?.startsWith('  ')
    return `${opens ? '\n```yaml\n' : ''}${isSample ? line.slice(2) : prose(line)}${closes ? '\n```\n' : ''}`
  }).join('\n')
}

/** Nothing of a variable that somebody else reads: Compose. environment.test.ts holds the names against both. */
function expectedOf(name: string): string {
  const schema = Object.hasOwn(environmentSchema.shape, name) ? environmentSchema.shape[name as EnvironmentName] : undefined
  const { expected, secret } = schema?.meta() ?? {}
  return expected === undefined ? '' : `: ${prose(String(expected))}${secret ? '; it is a secret, and never shown' : ''}`
}

/** `<path>` would be an element of HTML. */
function prose(text: string): string {
  return text.replaceAll('<', '&lt;')
}
