import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, sep } from 'node:path'

/** The licences of what was bundled, which ask to go along with it. `moduleIds`: the files that a bundle was made of. */
export function noticesOf(moduleIds) {
  const folders = [...new Set(moduleIds.map(folderOfPackage).filter(folder => folder !== null))]
  const texts = new Map(folders.map(noticeOf))
  return `# Packages that are bundled here\n\n${[...texts.keys()].sort().map(title => `## ${title}\n\n${texts.get(title)}\n`).join('\n')}`
}

/** …/node_modules/@scope/name/lib/file.js → …/node_modules/@scope/name. Null for our own. */
function folderOfPackage(moduleId) {
  const mark = `${sep}node_modules${sep}`
  const at = moduleId.lastIndexOf(mark)
  if (at < 0)
    return null
  const parts = moduleId.slice(at + mark.length).split(sep)
  const name = parts.slice(0, parts[0].startsWith('@') ? 2 : 1)
  return join(moduleId.slice(0, at + mark.length).replace(/^\0/, ''), ...name)
}

function noticeOf(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const file = readdirSync(folder).find(each => /^(?:licen[cs]e|copying)(?:[.-].*)?$/i.test(each))
  const text = file && existsSync(join(folder, file)) ? readFileSync(join(folder, file), 'utf8').trim() : 'Its package holds no text of the licence.'
  return [`${name} ${version} (${typeof license === 'string' ? license : license?.type ?? 'see its text'})`, text]
}
