import { BlockList, isIPv4, isIPv6 } from 'node:net'

/**
 * Whom an address leads to.
 * - public: anybody
 * - private: this network; only for who is named
 * - anything else is never reached, and says what it is
 */
export type Verdict = 'public' | 'private' | { never: string }

const NEVER: [string, BlockList][] = [
  ['this machine itself', listOf('127.0.0.0/8', '0.0.0.0/8', '::1/128', '::/128')],
  ['a link-local address', listOf('169.254.0.0/16', 'fe80::/10')],
  // Of Alibaba, Oracle, Azure; Amazon and Google by IPv6. All others are link-local.
  ['a metadata service', listOf('100.100.100.200/32', '192.0.0.192/32', '168.63.129.16/32', 'fd00:ec2::254/128', 'fd20:ce::254/128')],
  ['a multicast or reserved address', listOf('224.0.0.0/4', '240.0.0.0/4', '192.0.0.0/24', 'ff00::/8', '100::/64')],
  // The address inside is scrambled, and which network a local prefix leads into is not known.
  ['an address inside a tunnel', listOf('2001::/32', '64:ff9b:1::/48')],
]

const PRIVATE = listOf('10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', '198.18.0.0/15', 'fc00::/7', 'fec0::/10')

/** IPv6 prefixes that carry an IPv4 address, and the group of 16 bits in which it begins. */
const CARRIERS: [BlockList, number][] = [
  [listOf('::ffff:0:0/96', '::ffff:0:0:0/96', '64:ff9b::/96', '::/96'), 6],
  [listOf('2002::/16'), 1],
]

export function judgeAddress(address: string): Verdict {
  const family = isIPv4(address) ? 'ipv4' : isIPv6(address) && !address.includes('%') ? 'ipv6' : null
  if (family === null)
    return { never: 'no address' }
  const never = NEVER.find(([, list]) => list.check(address, family))
  if (never)
    return { never: never[0] }
  const carried = carriedAddress(address)
  if (carried !== address)
    return judgeAddress(carried)
  return PRIVATE.check(address, family) ? 'private' : 'public'
}

/** The IPv4 address that an IPv6 address carries, or the address itself. */
export function carriedAddress(address: string): string {
  if (!isIPv6(address) || NEVER[0]![1].check(address, 'ipv6')) // ::1 looks as if it carried 0.0.0.1
    return address
  const carrier = CARRIERS.find(([list]) => list.check(address, 'ipv6'))
  return carrier ? ipv4At(groupsOf(address), carrier[1]) : address
}

function listOf(...ranges: string[]): BlockList {
  const list = new BlockList()
  for (const range of ranges) {
    const [address, bits] = range.split('/') as [string, string] // Written so above.
    list.addSubnet(address, Number(bits), address.includes(':') ? 'ipv6' : 'ipv4')
  }
  return list
}

/** The eight groups of an IPv6 address; the parser of URLs knows every way to write one. */
function groupsOf(address: string): number[] {
  const [head = '', tail] = new URL(`http://[${address}]/`).hostname.slice(1, -1).split('::')
  const [before, after] = [head, tail ?? ''].map(part => part === '' ? [] : part.split(':').map(group => Number.parseInt(group, 16))) as [number[], number[]]
  return [...before, ...Array.from<number>({ length: 8 - before.length - after.length }).fill(0), ...after]
}

function ipv4At(groups: number[], index: number): string {
  return [groups[index]! >> 8, groups[index]! & 255, groups[index + 1]! >> 8, groups[index + 1]! & 255].join('.')
}
