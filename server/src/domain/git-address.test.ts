import { expect, it } from 'vitest'
import { isCommitId, isGitUrl, readGitAddress, writeGitAddress } from './git-address.ts'

it.each([
  ['https://example.com/a/b.git', 'https://example.com/a/b.git', null],
  ['git+https://example.com/a/b', 'https://example.com/a/b', null],
  ['https://EXAMPLE.com:8443/a.git#main', 'https://example.com:8443/a.git', 'main'],
  ['https://example.com/a.git#feature/x-1', 'https://example.com/a.git', 'feature/x-1'],
  ['https://example.com/a.git#v1.2.3', 'https://example.com/a.git', 'v1.2.3'],
  ['http://git.lan/a.git', 'http://git.lan/a.git', null],
])('%s is a repository', (text, url, ref) => {
  expect(isGitUrl(text)).toBe(true)
  const read = readGitAddress(text)
  expect(read).toEqual({ address: { url, ref } })
  expect('address' in read && readGitAddress(writeGitAddress(read.address))).toEqual(read)
})

it.each([
  ['git@example.com:a/b.git', 'by HTTPS alone'],
  ['ssh://git@example.com/a.git', 'by HTTPS alone'],
  ['git://example.com/a.git', 'by HTTPS alone'],
  ['file:///etc', 'by HTTPS alone'],
  ['ext::sh -c id', 'by HTTPS alone'],
  ['https://user:secret@example.com/a.git', 'workspace.token'],
  ['https://token@example.com/a.git', 'workspace.token'],
  ['https://example.com/a.git?x=1', 'no query'],
  ['https://example.com/a.git#', 'no branch'],
  ['https://example.com/a.git#--upload-pack=id', 'no branch'],
  ['https://example.com/a.git#a..b', 'no branch'],
  ['https://example.com/a.git#a b', 'no branch'],
  ['https://example.com/a.git#a:b', 'no branch'],
  ['https://example.com/a.git#@{1}', 'no branch'],
])('%s is refused with what was expected', (text, words) => {
  expect(readGitAddress(text)).toEqual({ problem: expect.stringContaining(words) })
})

it('a folder is no repository elsewhere', () => {
  for (const text of ['.', '/srv/repo', 'sub/folder', '~/x', 'C:\\repo'])
    expect(isGitUrl(text)).toBe(false)
})

it('knows a whole id from the beginning of one', () => {
  expect(isCommitId('a'.repeat(40))).toBe(true)
  expect(isCommitId('abc1234')).toBe(false)
})
