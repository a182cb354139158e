import { existsSync, lstatSync, readlinkSync } from 'node:fs'

/** What of the host stands read-only in a sandbox's root. */
export interface SystemFolders {
  /** Bound at the same path, where they exist. */
  bound: string[]
  /** `/bin` → `usr/bin` and the like, where the host has them so. */
  links: { path: string, target: string }[]
}

// Of /etc only what user names, TLS, the dynamic linker and `alternatives` need: it has passwords and keys, too.
// Few: each is a mount of every run.
const ETC = [
  'passwd', 'group', 'nsswitch.conf', 'hosts', 'localtime', 'ld.so.cache', 'alternatives',
  'ssl/certs', 'ssl/openssl.cnf', 'pki/tls/certs', 'pki/tls/cert.pem', 'pki/tls/openssl.cnf', 'pki/ca-trust', 'crypto-policies',
].map(name => `/etc/${name}`)

export function systemFolders(): SystemFolders {
  const folders: SystemFolders = { bound: ['/usr'], links: [] }
  for (const path of ['/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32']) {
    if (!existsSync(path))
      continue
    if (lstatSync(path).isSymbolicLink())
      folders.links.push({ path, target: readlinkSync(path) })
    else
      folders.bound.push(path)
  }
  folders.bound.push(...ETC.filter(path => existsSync(path)))
  return folders
}
