import { expect, it } from 'vitest'
import { isNetwork } from './networks.ts'

it('takes addresses and networks', () => {
  for (const text of ['127.0.0.1', '::1', '10.0.0.0/8', '172.30.47.0/24', 'fd00::/8', '10.1.2.3/32', '2001:db8::/128'])
    expect(isNetwork(text), text).toBe(true)
})

it('takes no name, nothing out of bounds, and not everybody', () => {
  for (const text of ['', 'loopback', 'proxy.internal', '10.0.0.0/33', 'fd00::/129', '10.0.0/8', '0.0.0.0/0', '::/0', '10.0.0.0/8/8', '10.0.0.0/', '10.0.0.0/08', '10.0.0.0/a'])
    expect(isNetwork(text), text).toBe(false)
})
