/** A repository that a workspace may be cloned from. */
export interface GitAddress {
  /** https:// (http:// only where an operator names the host), with no name, password, query or fragment. */
  url: string
  /** A branch, a tag or the whole id of a commit; null: what the repository has as its own. */
  ref: string | null
}

export type ReadAddress = { address: GitAddress } | { problem: string }

const REF = /^\w[\w./+@-]{0,199}$/
const MAX_URL = 2000

/** Whether a text means a repository elsewhere rather than a folder. */
export function isGitUrl(text: string): boolean {
  return /^[\w+.-]+:\/\//.test(text) || /^[\w.-]+@[\w.-]+:/.test(text)
}

/** `https://host/path.git`, `git+https://…`, each with `#branch`, `#tag` or `#commit`. `problem` says what was expected. */
export function readGitAddress(text: string): ReadAddress {
  const [before = '', ...after] = text.replace(/^git\+(?=https?:)/, '').split('#')
  const url = URL.parse(before)
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:') || url.hostname === '' || before.length > MAX_URL)
    return { problem: 'a repository is cloned by HTTPS alone: expected https://host/path.git, with #branch, #tag or #commit where another than its own is meant' }
  if (url.username !== '' || url.password !== '')
    return { problem: 'a name or a password in the address would be stored with the run: store it with agentos secret set, and name it as workspace.token' }
  if (url.search !== '')
    return { problem: 'the address of a repository has no query (?…)' }
  const ref = after.length === 0 ? null : after.join('#')
  if (ref !== null && !isRef(ref))
    return { problem: `#${ref.slice(0, 80)} is no branch, tag or commit: expected a name of letters, digits and . / + @ - _` }
  return { address: { url: url.href, ref } }
}

/** One spelling, which is stored with the run. */
export function writeGitAddress({ url, ref }: GitAddress): string {
  return ref === null ? url : `${url}#${ref}`
}

/** A commit by its whole id, which is not fetched by name. */
export function isCommitId(ref: string): boolean {
  return /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(ref)
}

/** As git's own rules, and narrower: nothing that it would read as an option or as a range. */
function isRef(ref: string): boolean {
  return REF.test(ref) && !/\.\.|\/\/|\.$|\/$|\.lock$|@\{/.test(ref)
}
