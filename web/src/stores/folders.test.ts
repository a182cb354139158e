import { expect, it } from 'vitest'
import { under } from './folders.ts'

it('asks for what lies in the folder that is typed, and for nothing outside of the roots', () => {
  const roots = ['/srv/repos', '/home/owner']
  expect(under(roots, '/srv/repos/bi')).toEqual({ under: '/srv/repos' })
  expect(under(roots, '/srv/repos/billing/')).toEqual({ under: '/srv/repos/billing' })
  expect(under(roots, '/srv/repositories/x')).toEqual({})
  expect(under(roots, '/etc/')).toEqual({})
})

it('starts with what lies in the first root, and goes into a root that is typed whole', () => {
  expect(under(['/srv/repos', '/home/owner'], '')).toEqual({ under: '/srv/repos' })
  expect(under(['/srv/repos', '/home/owner'], '/home/owner')).toEqual({ under: '/home/owner' })
  expect(under([], '')).toEqual({})
})
