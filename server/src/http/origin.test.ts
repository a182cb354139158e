import { expect, it } from 'vitest'
import { createOriginRules } from './origin.ts'

const asking = (host: string | undefined, origin?: string) => ({ headers: { ...(host !== undefined && { host }), ...(origin !== undefined && { origin }) } })

it('answers to loopback names, to the name that it listens on and to the name that people open', () => {
  const rules = createOriginRules({ host: 'box.lan', publicUrl: 'https://agents.example.com' })
  for (const host of ['127.0.0.1:4700', 'localhost', 'LOCALHOST:1', '[::1]:4700', 'box.lan:4700', 'agents.example.com', 'agents.example.com:80'])
    expect(rules.isOurHost(asking(host)), host).toBe(true)
})

it('refuses every other name, and what is not exactly a name and a port', () => {
  const rules = createOriginRules({ host: '127.0.0.1', publicUrl: null })
  for (const host of ['evil.example', '127.0.0.1.evil.example', 'localhost@evil.example', 'localhost/x', 'localhost#x', '', '10.0.0.1', '127.0.0.1:4700:1', undefined])
    expect(rules.isOurHost(asking(host)), String(host)).toBe(false)
})

it('answers to any address, but to no foreign name, when it listens on every interface', () => {
  const rules = createOriginRules({ host: '0.0.0.0', publicUrl: null })
  expect(rules.isOurHost(asking('192.168.1.5:4700'))).toBe(true)
  expect(rules.isOurHost(asking('[fe80::1]:4700'))).toBe(true)
  expect(rules.isOurHost(asking('rebound.example:4700'))).toBe(false)
})

it('takes an origin for its own only when scheme, name and port are exactly its own', () => {
  const rules = createOriginRules({ host: '127.0.0.1', publicUrl: 'https://agents.example.com' })
  expect(rules.originOf(asking('127.0.0.1:4700', 'http://127.0.0.1:4700'))).toBe('same')
  expect(rules.originOf(asking('127.0.0.1:4700', 'https://agents.example.com'))).toBe('same')
  expect(rules.originOf(asking('127.0.0.1:4700'))).toBe('none')
  for (const origin of ['http://127.0.0.1:3000', 'http://localhost:4700', 'https://127.0.0.1:4700', 'null', 'https://agents.example.com.evil.example', ''])
    expect(rules.originOf(asking('127.0.0.1:4700', origin)), origin).toBe('foreign')
})
