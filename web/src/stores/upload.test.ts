import { expect, it } from 'vitest'
import { pickFiles } from './upload.ts'

const named = (webkitRelativePath: string) => ({ webkitRelativePath, name: webkitRelativePath.split('/').at(-1)! })

it('takes the files of a folder by their paths in it, and leaves out what was installed', () => {
  const { picked, isShortened } = pickFiles(['shop/a.txt', 'shop/src/b.txt', 'shop/node_modules/x/c.js', 'shop/src/node_modules/d.js', 'shop/.git/HEAD', 'shop/node_modules'].map(named))
  expect(picked.map(({ path }) => path)).toEqual(['a.txt', 'src/b.txt', '.git/HEAD', 'node_modules'])
  expect(isShortened).toBe(true)
  expect(pickFiles([named('shop/a.txt')]).isShortened).toBe(false)
})
